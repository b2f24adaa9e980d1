"""Constrained sampling: draws only tokens with which the text can match a pattern."""

from collections.abc import Iterator
from dataclasses import dataclass

from rnnrepl.generation.assembler import Stopped, TextAssembler
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.rnn.step_threads import StepThreads
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import Draw, candidates

HELD = 16  # the number of last tokens that backtracking may take back
TRIES = 200_000  # tokens tried without progress, after which the search gives up


@dataclass(slots=True)
class _Position:
    """A position in the text: the state before its token, the ids refused, the token drawn."""

    logits: Floats
    state: Floats
    mu: float | None
    assembler: TextAssembler
    refused: set[int]
    drawn: Draw | None = None


class ConstrainedSearch:
    """Draws one sample so that its text can match the pattern at any time.

    At each position it draws tokens without replacement until one fits: a draw from what the
    samplers leave, renormalised over the tokens that fit. If the samplers leave none of these, they
    are applied again to the tokens that fit alone. If no token fits, the search takes back the
    token before, up to HELD tokens. `stopped` is the reason why it ended: "match" where the text
    matches and no longer text could or was found, "dead end" where backtracking failed.
    """

    def __init__(
        self,
        request: GenerationRequest,
        assembler: TextAssembler,
        chain: SamplerChain,
        state: SamplerState,
    ) -> None:
        self.assembler = assembler
        self.stopped: Stopped | None = None
        assert request.pattern
        self._pattern, self._chain, self._state = request.pattern, chain, state
        self._positions: list[_Position] = []
        self._left = self._fewest_left = request.length  # to draw, and the minimum so far
        self._tries = 0
        self._update_stopped()

    def step(self, logits: Floats, state: Floats) -> Context | None:
        """Draws from logits (V,), computed together with the state (S,).

        Returns the context to continue from, an earlier one after backtracking; None at the end.
        """
        refused = set(self._chain.refused)
        position = _Position(logits, state, self._state.mu, self.assembler, refused)
        self._positions.append(position)
        self._left -= 1
        while not self._draw(self._positions[-1]):
            self.assembler = self._positions.pop().assembler
            self._left += 1
            if self._pattern.complete(self.assembler.flushed):
                self.stopped = "match"
                return None
            if not self._positions or self._tries > TRIES:
                self.stopped = "dead end"
                return None
            self._take_back(self._positions[-1])
        self._update_stopped()
        return None if self.stopped else _after(self._positions[-1])[1]

    def final_draws(self) -> Iterator[tuple[Draw, Context]]:
        """Yields each draw that backtracking cannot change any more, with the context after it."""
        while len(self._positions) > (0 if self.stopped else HELD):
            yield _after(self._positions.pop(0))

    def _draw(self, position: _Position) -> bool:
        for drawn in self._candidates(position):
            if assembler := self._assembled(position, drawn.id):
                position.drawn, self.assembler = drawn, assembler
                self._chain.accept(self._state, drawn.id)
                return True
            position.refused.add(drawn.id)
        return False

    def _candidates(self, position: _Position) -> Iterator[Draw]:
        """Draws from what the samplers leave of all tokens, then of the tokens that fit."""
        everything = set(range(len(position.logits)))
        if position.refused < everything:
            yield from candidates(position.logits, self._chain, self._state, position.refused)
        rest = everything - position.refused
        position.refused |= {id for id in rest if not self._assembled(position, id)}
        if position.refused < everything:
            yield from candidates(position.logits, self._chain, self._state, position.refused)

    def _assembled(self, position: _Position, id: int) -> TextAssembler | None:
        """The assembler after this token, or None if the text could not match any more."""
        self._tries += 1
        assembler = position.assembler.copy()
        assembler.write(id)
        if assembler.stopped != "interrupted":
            return assembler if self._pattern.complete(assembler.text) else None
        return assembler if self._can_match(assembler) else None

    def _can_match(self, assembler: TextAssembler) -> bool:
        """Whether the text can match, also where its last character is incomplete."""
        if not assembler.unfinished:
            return self._pattern.possible(assembler.whole)
        if (pending := assembler.pending) is None:
            return self._pattern.open(assembler.whole)
        return any(self._pattern.possible(assembler.whole + more) for more in pending)

    def _take_back(self, position: _Position) -> None:
        assert position.drawn is not None
        position.refused.add(position.drawn.id)
        self.assembler, self._state.mu = position.assembler, position.mu
        self._state.ids.pop()

    def _update_stopped(self) -> None:
        assembler = self.assembler
        if self._left < self._fewest_left:
            self._fewest_left, self._tries = self._left, 0
        if assembler.stopped != "interrupted":
            self.stopped = assembler.stopped
        elif not (assembler.unfinished or self._pattern.open(assembler.whole)):
            self.stopped = "match" if self._pattern.complete(assembler.whole) else "dead end"
        elif not self._left:
            self.stopped = "length"


def constrained_draws(
    network: Network, context: Context, search: ConstrainedSearch
) -> Iterator[tuple[Draw, Context]]:
    """Yields the draws of a search as soon as they are final, each with the context after it."""
    following: Context | None = context
    with StepThreads(network) as threads:
        while following and not search.stopped:
            threads.choose()
            following = search.step(*network.step(following.checked_id, following.state))
            yield from search.final_draws()


def _after(position: _Position) -> tuple[Draw, Context]:
    assert position.drawn is not None
    return position.drawn, Context(position.state, position.drawn.id)
