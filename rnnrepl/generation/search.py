"""A text that is to match a pattern: draws that cannot are refused, dead ends are backed out of."""

from collections.abc import Iterator
from dataclasses import dataclass

from rnnrepl.generation.pattern import Pattern
from rnnrepl.generation.writer import Stopped, Writer
from rnnrepl.rnn.network import Context, Floats, Network
from rnnrepl.sampling.chain import Chain, Trail
from rnnrepl.sampling.draw import Draw, candidates

HELD = 16  # the last tokens, which may be taken back
TRIES = 200_000  # tokens tried without coming further, after which there is no way out


@dataclass(slots=True)
class _Place:
    """Where a token is drawn: the writer before it, what is refused there, and what was drawn."""

    logits: Floats
    state: Floats
    mu: float | None
    writer: Writer
    refused: set[int]
    drawn: Draw | None = None


class Search:
    """One stream, whose text can always still match; `step` gives it the logits it asks for.

    At each place tokens are drawn until one fits: a draw from what the samplers leave, renormalised
    over what fits. Where they leave nothing that does, they choose among all tokens that do. Where
    there is none the token before is taken back, and so on, as far as they are held. `stopped` says
    why it is over: "match" where the text matches and nothing longer could or was found, "dead end"
    where no way out was.
    """

    def __init__(
        self, pattern: Pattern, length: int, writer: Writer, chain: Chain, trail: Trail
    ) -> None:
        self.writer = writer
        self.stopped: Stopped | None = None
        self._pattern, self._chain, self._trail = pattern, chain, trail
        self._places: list[_Place] = []
        self._left = self._nearest = length  # tokens that are left to be drawn, and the fewest yet
        self._tries = 0
        self._look()

    def step(self, logits: Floats, state: Floats) -> Context | None:
        """Draws from logits (V,), where the state (S,) is: the context to go on from, if any.

        That is one of a place before where tokens were taken back.
        """
        refused = set(self._chain.refused)
        self._places.append(_Place(logits, state, self._trail.mu, self.writer, refused))
        self._left -= 1
        while not self._draw(self._places[-1]):
            self.writer = self._places.pop().writer
            self._left += 1
            if self._pattern.complete(self.writer.flushed):
                self.stopped = "match"
                return None
            if not self._places or self._tries > TRIES:
                self.stopped = "dead end"
                return None
            self._take_back(self._places[-1])
        self._look()
        return None if self.stopped else _after(self._places[-1])[1]

    def certain(self) -> Iterator[tuple[Draw, Context]]:
        """The draws that will not be taken back any more, each once, with the context after it."""
        while len(self._places) > (0 if self.stopped else HELD):
            yield _after(self._places.pop(0))

    def _draw(self, place: _Place) -> bool:
        for drawn in self._candidates(place):
            if writer := self._written(place, drawn.id):
                place.drawn, self.writer = drawn, writer
                self._chain.drawn(self._trail, drawn.id)
                return True
            place.refused.add(drawn.id)
        return False

    def _candidates(self, place: _Place) -> Iterator[Draw]:
        """What the samplers leave, in the order of the draw; then what they leave of what fits."""
        everything = set(range(len(place.logits)))
        if place.refused < everything:
            yield from candidates(place.logits, self._chain, self._trail, place.refused)
        rest = everything - place.refused
        place.refused |= {id for id in rest if not self._written(place, id)}
        if place.refused < everything:
            yield from candidates(place.logits, self._chain, self._trail, place.refused)

    def _written(self, place: _Place, id: int) -> Writer | None:
        """The writer after this token, if the text can still match."""
        self._tries += 1
        writer = place.writer.copy()
        writer.write(id)
        if writer.stopped != "interrupted":
            return writer if self._pattern.complete(writer.text) else None
        return writer if self._can_match(writer) else None

    def _can_match(self, writer: Writer) -> bool:
        """Half a character has no text yet, but will."""
        if not writer.unfinished:
            return self._pattern.possible(writer.whole)
        if (pending := writer.pending) is None:
            return self._pattern.open(writer.whole)
        return any(self._pattern.possible(writer.whole + more) for more in pending)

    def _take_back(self, place: _Place) -> None:
        assert place.drawn is not None
        place.refused.add(place.drawn.id)
        self.writer, self._trail.mu = place.writer, place.mu
        self._trail.ids.pop()

    def _look(self) -> None:
        """Whether it is over."""
        writer = self.writer
        if self._left < self._nearest:
            self._nearest, self._tries = self._left, 0
        if writer.stopped != "interrupted":
            self.stopped = writer.stopped
        elif not (writer.unfinished or self._pattern.open(writer.whole)):
            self.stopped = "match" if self._pattern.complete(writer.whole) else "dead end"
        elif not self._left:
            self.stopped = "length"


def searching(network: Network, context: Context, search: Search) -> Iterator[tuple[Draw, Context]]:
    """The draws of a search, each with the context after it, as soon as they are certain."""
    following: Context | None = context
    while following and not search.stopped:
        following = search.step(*network.step(following.id, following.state))
        yield from search.certain()


def _after(place: _Place) -> tuple[Draw, Context]:
    assert place.drawn is not None
    return place.drawn, Context(place.state, place.drawn.id)
