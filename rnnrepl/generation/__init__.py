"""Text generation: sampling one text or many, beam search, and pattern constraints."""

# A context is kept after every STRIDE-th token, so going back reads fewer than STRIDE tokens.
STRIDE = 32
