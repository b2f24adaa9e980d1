"""Where words end in a vocabulary: tokens that begin with a blank, and the end token."""

from typing import Literal

import numpy as np

from rnnrepl.tokenizer.contract import Ids, Tokenizer

#: Blanks are tokens of their own, the beginning of the token after them, or in no token.
Blanks = Literal["separate", "leading", "none"]


def blanks(tokenizer: Tokenizer) -> Blanks:
    """Returns where a tokenizer has the blanks between words."""
    if tokenizer.level == "word":
        return "none"
    blank = [text for text in tokenizer.texts if text[:1].isspace()]
    return "none" if not blank else "leading" if any(map(str.strip, blank)) else "separate"


def word_ends(tokenizer: Tokenizer) -> Ids | None:
    """Returns the ids (N,) of the tokens that end the word before them.

    They are those that begin with a blank, and the end token. None if no token has blanks.
    """
    if blanks(tokenizer) == "none":
        return None
    ends = np.array([text[:1].isspace() for text in tokenizer.texts])
    if tokenizer.eos is not None:
        ends[tokenizer.eos] = True
    return np.flatnonzero(ends).astype(np.int32)
