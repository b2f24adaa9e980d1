"""How well a model predicts a text: per token, per span and for the whole text."""
