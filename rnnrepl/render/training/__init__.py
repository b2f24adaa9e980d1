"""Training runs on screen: panel, log lines, charts."""
