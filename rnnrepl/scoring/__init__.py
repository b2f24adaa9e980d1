"""How well a model predicts a text: token by token, and in all."""
