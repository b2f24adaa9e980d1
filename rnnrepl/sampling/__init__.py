"""Samplers: how the next token is drawn from the logits; they work on ids, not on text."""

from rnnrepl.sampling.settings import Sampling as Sampling
