"""How a text is written: draws become text, one stream or many, until it ends where it should."""

# Tokens from one kept context to the next: no way back is ever longer to read than this.
STRIDE = 32
