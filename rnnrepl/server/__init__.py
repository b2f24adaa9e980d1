"""The HTTP server of a model: OpenAI's completions interface."""
