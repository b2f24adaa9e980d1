"""Prompts as token ids, and the id with which a text begins."""

from dataclasses import dataclass

from rnnrepl.errors import usage
from rnnrepl.model import Model
from rnnrepl.rnn.network import NO_TOKEN
from rnnrepl.server.request import Prompt

# The name of the id that stands for the start of a text where the model has no token for it.
START = "<start>"


@dataclass(frozen=True, slots=True)
class EncodedPrompt:
    """A prompt: its text, the ids to read, and where in the text each of them begins.

    `typed` is whether it was given as text. `started` is whether the ids that were given began with
    the id of the start, which is not among `ids`.
    """

    text: str
    ids: list[int]
    offsets: list[int]
    typed: bool
    started: bool = False

    @property
    def count(self) -> int:
        """The number of ids that were given."""
        return len(self.ids) + self.started


def start_id(model: Model) -> int | None:
    """Returns the id at the start of a text; None for a model that begins with its first token.

    It is the id of the start token, or else that after the last of the vocabulary.
    """
    id = model.begin().id
    return None if id == NO_TOKEN else id


def start_name(model: Model) -> str | None:
    """Returns the name of `start_id`."""
    id, names = start_id(model), model.tokenizer.tokens
    return None if id is None else names[id] if id < len(names) else START


def encode(model: Model, prompt: Prompt) -> EncodedPrompt:
    """Returns a prompt as ids.

    Raises RnnreplError for a text that the tokenizer refuses, and for an id out of range.
    """
    if isinstance(prompt, str):
        encoding = model.tokenizer.encode(prompt)
        return EncodedPrompt(
            prompt, list(map(int, encoding.ids)), list(map(int, encoding.starts)), typed=True
        )
    started = prompt[:1] == [start_id(model)]
    ids, vocabulary = prompt[started:], len(model.tokenizer.tokens)
    if not all(0 <= id < vocabulary for id in ids):
        raise usage(f"`prompt` has a token id that is not from 0 to {vocabulary - 1:,}.")
    decoder, text, offsets = model.tokenizer.decoder(), "", []
    for id in ids:
        offsets.append(len(text))
        text += decoder.feed(id)
    return EncodedPrompt(text + decoder.flush(), ids, offsets, typed=False, started=started)
