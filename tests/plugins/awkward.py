"""Hypothesis strategies of difficult texts for tokenizers."""

from hypothesis import settings
from hypothesis import strategies as st

from rnnrepl.testing import TEXTS

_TRAPS = sorted({*"".join(TEXTS.values()), "<unk>", "<eos>", "\n\n", "\r\n", "--", "a", "1", "Z"})

texts = st.lists(st.one_of(st.sampled_from(_TRAPS), st.characters()), max_size=30).map("".join)
many = settings(deadline=None, max_examples=60, derandomize=True)
