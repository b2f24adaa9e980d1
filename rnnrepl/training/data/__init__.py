"""Training data: text files to batches of token ids."""
