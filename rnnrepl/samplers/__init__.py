"""How a distribution is narrowed and bent before a token is drawn; knows ids, not text."""

from rnnrepl.samplers.chain import Chain, Marked, Trail

__all__ = ["Chain", "Marked", "Trail"]
