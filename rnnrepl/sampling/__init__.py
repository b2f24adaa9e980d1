"""How the next token is drawn, from a distribution narrowed and bent; knows ids, not text."""

from rnnrepl.sampling.settings import Sampling

__all__ = ["Sampling"]
