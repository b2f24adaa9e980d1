"""Choosing what comes next, token by token: the candidates, a choice, and a way back."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rnnrepl.conversation.tree import Conversation, Node, Token
from rnnrepl.generation import STRIDE
from rnnrepl.generation.writer import blank_due, listening
from rnnrepl.model import Model
from rnnrepl.rnn.network import Context
from rnnrepl.sampling import Sampling
from rnnrepl.scoring.surprisal import Float64s

_HEARD = 64  # tokens before the first choice, as blanks and half characters depend on them


class Candidate(NamedTuple):
    """A token that may come next, as tables show it, and its log-probability in nats."""

    id: int
    text: str
    logprob: float


class Picking:
    """A person's choices, one after another, from where a conversation stands.

    Nothing of it is in the conversation before `keep`. `over` says that the model wrote its end
    token when it ran on.
    """

    def __init__(
        self, model: Model, conversation: Conversation, sampling: Sampling, seed: int | None
    ) -> None:
        self.over = False
        self._model, self._conversation = model, conversation
        self._sampling, self._seed = sampling, seed
        self._before = conversation.last_ids(_HEARD)
        self._contexts = [conversation.at.context or model.begin()]
        self._tokens: list[Token] = []
        self._text = ""
        self._listen()
        self._look()

    @property
    def text(self) -> str:
        """What has been chosen."""
        return self._text

    @property
    def before(self) -> str:
        """The text that it continues."""
        return self._conversation.text

    def candidates(self, typed: str = "") -> Iterator[Candidate]:
        """What may come next and begins as typed, the likeliest first; UNK only where allowed."""
        names = self._model.tokenizer.tokens
        refused = None if self._sampling.allow_unk else self._model.tokenizer.unk
        for id in np.argsort(-self._logprobs, kind="stable").tolist():
            if id != refused and names[id].startswith(typed):
                yield Candidate(id, names[id], float(self._logprobs[id]))

    def take(self, id: int, sampled_logprob: float | None = None) -> None:
        """Chooses a token."""
        self._hear(id)
        logprob = float(self._logprobs[id])
        self._tokens.append(Token(id, len(self._text), logprob, sampled_logprob))
        self._contexts.append(Context(self._state, id))
        self._look()

    def back(self) -> None:
        """Takes back the last choice, if there is one."""
        if self._tokens:
            self.over = False
            self._tokens.pop()
            self._contexts.pop()
            self._listen()
            self._look()

    def run(self) -> None:
        """Lets the model draw the next token."""
        before = [*self._before, *(token.id for token in self._tokens)]
        generation = self._model.stream(
            context=self._contexts[-1],
            before=before,
            length=1,
            sampling=self._sampling,
            seed=None if self._seed is None else self._seed + len(self._tokens),
        )
        for _ in generation:
            pass
        (drawn,) = generation.sample.tokens
        self.take(drawn.id, drawn.sampled_logprob)
        self.over = generation.sample.stopped == "eos"

    def keep(self) -> Node:
        """Makes the choices a piece of the conversation, if there are any."""
        if not self._tokens:
            return self._conversation.at
        last = len(self._tokens)
        contexts = {k: self._contexts[k] for k in [*range(STRIDE, last, STRIDE), last]}
        return self._conversation.add("picked", self._text, self._tokens, contexts)

    def _listen(self) -> None:
        """Decodes the choices anew, after what was read before."""
        self._decoder = listening(self._model.tokenizer, self._before)
        self._text = ""
        for token in self._tokens:
            self._hear(token.id)

    def _hear(self, id: int) -> None:
        more = "" if id == self._model.tokenizer.eos else self._decoder.feed(id)
        if not self._text and blank_due(self._model.tokenizer, self.before):
            more = more.removeprefix(" ")
        self._text += more

    def _look(self) -> None:
        context = self._contexts[-1]
        logits, self._state = self._model.network.step(context.id, context.state)
        logits = logits.astype(np.float64)
        logits -= logits.max()
        self._logprobs: Float64s = logits - np.log(np.exp(logits).sum())
