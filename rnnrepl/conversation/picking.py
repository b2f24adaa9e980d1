"""Token by token selection: the candidates for the next token, a choice, a step back."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from rnnrepl.conversation.tree import Conversation, Node, Token
from rnnrepl.generation import STRIDE
from rnnrepl.generation.assembler import end_text, primed_decoder, repeats_space
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.model import Model
from rnnrepl.rnn.network import Context, Float64s
from rnnrepl.sampling import Sampling

_PREFIX = 64  # the number of ids that prime the decoder: spaces and characters depend on them


class Candidate(NamedTuple):
    """A candidate for the next token: id, text as tables show it, log-probability in nats."""

    id: int
    text: str
    logprob: float


class Picking:
    """The tokens that a user selects, from the current position of a conversation.

    The conversation does not change before `keep`. `over` is set once the model has drawn its end
    token in `run`.
    """

    def __init__(
        self, model: Model, conversation: Conversation, sampling: Sampling, seed: int | None
    ) -> None:
        self.over = False
        self._model, self._conversation = model, conversation
        self._sampling, self._seed = sampling, seed
        self._before = conversation.last_ids(_PREFIX)
        self._contexts = [conversation.at.context or model.begin()]
        self._tokens: list[Token] = []
        self._text = ""
        self._decode()
        self._predict()

    @property
    def text(self) -> str:
        """The text selected so far."""
        return self._text

    @property
    def before(self) -> str:
        """The text before the selection."""
        return self._conversation.text

    def candidates(self, typed: str = "") -> Iterator[Candidate]:
        """Yields the tokens that begin as typed, or that it names, likeliest first.

        UNK is a candidate only with `allow_unk`.
        """
        names, named = self._model.tokenizer.tokens, self._model.tokenizer.named(typed)
        refused = None if self._sampling.allow_unk else self._model.tokenizer.unk
        for id in np.argsort(-self._logprobs, kind="stable").tolist():
            if id != refused and (names[id].startswith(typed) or id in named):
                yield Candidate(id, names[id], float(self._logprobs[id]))

    def take(self, id: int, sampled_logprob: float | None = None) -> None:
        """Selects a token."""
        self._append(id)
        logprob = float(self._logprobs[id])
        self._tokens.append(Token(id, len(self._text), logprob, sampled_logprob))
        self._contexts.append(Context(self._state, id))
        self._predict()

    def back(self) -> None:
        """Removes the last token, if there is one."""
        if self._tokens:
            self.over = False
            self._tokens.pop()
            self._contexts.pop()
            self._decode()
            self._predict()

    def run(self) -> None:
        """Draws the next token from the model."""
        before = [*self._before, *(token.id for token in self._tokens)]
        seed = None if self._seed is None else self._seed + len(self._tokens)
        request = GenerationRequest(length=1, sampling=self._sampling)
        context = self._contexts[-1]
        sample = self._model.stream(request, seed=seed, context=context, before=before).finish()
        (drawn,) = sample.tokens
        self.take(drawn.id, drawn.sampled_logprob)
        self.over = sample.stopped == "eos"

    def keep(self) -> Node:
        """Adds the selected tokens to the conversation as one piece, if there are any."""
        if not self._tokens:
            return self._conversation.at
        last = len(self._tokens)
        contexts = {k: self._contexts[k] for k in [*range(STRIDE, last, STRIDE), last]}
        return self._conversation.add(
            "picked", self._text, self._tokens, contexts, clamp=self._model.clamps
        )

    def _decode(self) -> None:
        """Decodes all selected tokens again."""
        self._decoder = primed_decoder(self._model.tokenizer, self._before)
        self._text = ""
        for token in self._tokens:
            self._append(token.id)

    def _append(self, id: int) -> None:
        if id == self._model.tokenizer.eos:
            more = self._decoder.flush() + end_text(self._decoder, id)
        else:
            more = self._decoder.feed(id)
        if not self._text and repeats_space(self._model.tokenizer, self.before):
            more = more.removeprefix(" ")
        self._text += more

    def _predict(self) -> None:
        logits, self._state = self._model.step(self._contexts[-1])
        logits = logits.astype(np.float64)
        logits -= logits.max()
        self._logprobs: Float64s = logits - np.log(np.exp(logits).sum())
