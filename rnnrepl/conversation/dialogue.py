"""A chat as turns of a conversation: what a speaker says, and what a model answers as another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as counting
from typing import TYPE_CHECKING, TypedDict

from rnnrepl.checkpoint.registry import with_turns
from rnnrepl.conversation.tree import Conversation, Node, Token
from rnnrepl.conversation.turns import PREFIX, Show, read, tokens_of, unknown, with_bits
from rnnrepl.errors import nearest, usage
from rnnrepl.results.samples import Piece, Sample
from rnnrepl.results.session import Notice
from rnnrepl.results.turns import MAX_NAME, TurnTemplate, is_name

if TYPE_CHECKING:
    from rnnrepl.generation.request import GenerationRequest
    from rnnrepl.generation.stream import Generation
    from rnnrepl.model import Model
    from rnnrepl.results.samples import SampledToken
    from rnnrepl.rnn.network import Context
    from rnnrepl.tokenizer import Tokenizer

Records = Iterator[Piece | Sample | Notice]


@dataclass(frozen=True)
class Dialogue:
    """Two speakers who take turns, written by a template; each turn is a piece of a conversation.

    `speaker` is the user, or the first of two who talk, and `partner` the one who answers.
    """

    template: TurnTemplate
    speaker: str
    partner: str

    @classmethod
    def begin(cls, model: "Model", names: tuple[str, ...], turn: str = "") -> "Dialogue":
        """Returns the dialogue of two names, by a template as typed or else that of the model.

        Raises RnnreplError for an invalid template, without one, and unless there are two names.
        """
        own = model.card.chat
        if not turn and own is None:
            other = "".join(f", or :load {name}, which does" for name in with_turns()[:1])
            raise usage(
                f"{model.name} does not say how turns are written: set `turn`, for example to "
                rf"'{{name}}: {{text}}\n'{other}."
            )
        if len(names) != 2 or names[0] == names[1]:
            known = f" The model knows {', '.join(own.speakers[:6])}." if own else ""
            raise usage(f"A chat has two speakers, as in :chat ROMEO JULIET.{known}")
        if not all(map(is_name, names)):
            raise usage(f"The name of a speaker is one line of at most {MAX_NAME} characters.")
        template = TurnTemplate.typed(turn, own.speakers if own else ()) if turn else own
        assert template is not None
        return cls(template, *names)

    def strangers(self) -> Iterator[Notice]:
        """Yields a notice for each speaker who is not in the training text."""
        known = self.template.speakers
        for name in (self.speaker, self.partner):
            if known and name not in known:
                meant = nearest(name, known)
                advice = f" Did you mean '{meant}'?" if meant else ""
                yield Notice(f"'{name}' is not a speaker of the training text.{advice}")

    def say(self, model: "Model", conversation: Conversation, text: str) -> Iterator[Notice]:
        """Adds a turn of the speaker; one without an answer is replaced.

        Raises RnnreplError if the tokenizer refuses the text.
        """
        if self._unanswered(conversation.at):
            conversation.undo()
        node = self.hear(model, conversation, self.speaker, text)
        yield from unknown(model, node.text, node.tokens)

    def hear(
        self,
        model: "Model",
        conversation: Conversation,
        name: str,
        text: str,
        *,
        ended: bool = True,
    ) -> Node:
        """Adds a turn that the model did not write; raises RnnreplError if it is refused."""
        end = self.template.end if ended else ""
        return read(model, conversation, f"{self._head(conversation, name)}{text}{end}")

    def answer(
        self,
        model: "Model",
        conversation: Conversation,
        request: "GenerationRequest",
        *,
        seed: int | None = None,
        show: Show = "text",
        name: str = "",
    ) -> Records:
        """Generates a turn of `name`, by default the partner; one that was cut off goes on.

        Yields the name of the speaker, then the pieces, then the sample, whose text ends where the
        turn does. What was generated is added to the conversation, also if the caller does not
        iterate to the end.
        """
        name = name or self.partner
        at, end = conversation.at, self.template.end
        cut_off = at.kind == "written" and not conversation.text.endswith(end)
        head = "" if cut_off and self._name(at) == name else self._head(conversation, name)
        tokens, contexts = tokens_of(model, head, at.context)
        generation = model.stream(
            replace(
                request,
                prompt=head,
                stop=(end,),
                ignore_eos=_is_line_end(model.tokenizer, end),
            ),
            seed=seed,
            context=at.context or model.begin(),
            before=conversation.last_ids(PREFIX),
            prompted=contexts[len(tokens)],
        )
        yield Piece(f"{name}> ", prompt=True, speaker=True)
        try:
            pieces = generation if show == "text" else with_bits(generation)
            yield from (piece for piece in pieces if not piece.prompt)
        except KeyboardInterrupt:
            yield generation.sample
            raise
        finally:
            _keep(model, conversation, head, tokens, contexts, generation, end)
        yield generation.sample

    def again(
        self,
        model: "Model",
        conversation: Conversation,
        request: "GenerationRequest",
        *,
        seed: int | None = None,
        show: Show = "text",
    ) -> Records:
        """Generates another turn in place of the last one that the model wrote.

        The n-th one at a place, from 0, adds n to the seed that `seed_at` gives. Raises
        RnnreplError if there is none.
        """
        name = self.partner
        if conversation.at.kind != "typed" or not conversation.at.parent:
            name = self._name(conversation.at)
            conversation.undo()
        seed = seed_at(conversation, seed)
        if seed is not None:
            seed += sum(node.kind == "written" for node in conversation.at.children)
        yield from self.answer(model, conversation, request, seed=seed, show=show, name=name)

    def exchange(
        self,
        model: "Model",
        conversation: Conversation,
        request: "GenerationRequest",
        *,
        other: "Model | None" = None,
        count: int | None = None,
        seed: int | None = None,
        show: Show = "text",
    ) -> Records:
        """Generates turns of both speakers in alternation: `count` of them, or without end.

        The other model writes the turns of the partner. Each model reads what the other one has
        written, by its own template if it has one.
        """
        mine, theirs = _Seat(self, model, conversation), None
        if other:
            theirs = _Seat(replace(self, template=other.card.chat or self.template), other)
            read(other, theirs.conversation, conversation.text)
        name = self._name(conversation.at) if conversation.at.parent else self.partner
        for n in counting() if count is None else range(count):
            name = self.partner if name == self.speaker else self.speaker
            writer, listener = mine, theirs
            if theirs and name == self.partner:
                writer, listener = theirs, mine
            number = None if seed is None else seed + n
            options: _Options = {"seed": number, "show": show, "name": name}
            sample = None
            try:
                for record in writer.dialogue.answer(
                    writer.model, writer.conversation, request, **options
                ):
                    sample = record if isinstance(record, Sample) else sample
                    yield record
            finally:
                if listener and sample:
                    ended = sample.stopped in _ENDED
                    listener.dialogue.hear(
                        listener.model, listener.conversation, name, sample.text, ended=ended
                    )

    def _head(self, conversation: Conversation, name: str) -> str:
        """The beginning of a turn, after what is missing of the end of the turn before."""
        text, end = conversation.text, self.template.end
        there = max(n for n in range(len(end) + 1) if text.endswith(end[:n])) if text else len(end)
        return end[there:] + self.template.head(name)

    def _name(self, node: Node) -> str:
        """Who speaks in a piece: the partner, unless it begins with the head of the speaker."""
        head = self.template.head(self.speaker)
        return self.speaker if head in node.text[: len(self.template.end + head)] else self.partner

    def _unanswered(self, node: Node) -> bool:
        return bool(node.parent) and node.kind == "typed" and self._name(node) == self.speaker


def seed_at(conversation: Conversation, seed: int | None) -> int | None:
    """The seed of the next turn: the n-th one that the model writes, from 0, adds n."""
    written = sum(node.kind == "written" for node in conversation.branch)
    return None if seed is None else seed + written


_ENDED = ("stop", "eos")  # why a turn is complete


class _Options(TypedDict):
    seed: int | None
    show: Show
    name: str


@dataclass(frozen=True)
class _Seat:
    """A model at a dialogue, with the conversation as it reads it."""

    dialogue: Dialogue
    model: "Model"
    conversation: Conversation = field(default_factory=Conversation)


def _is_line_end(tokenizer: "Tokenizer", end: str) -> bool:
    """Whether the end token is a line or paragraph end that does not end a turn."""
    if tokenizer.eos is None:
        return False
    text = tokenizer.decode([*tokenizer.ids("a"), tokenizer.eos])
    return text[-1:].isspace() and not text.endswith(end)


def _keep(
    model: "Model",
    conversation: Conversation,
    head: str,
    tokens: Sequence[Token],
    contexts: Mapping[int, "Context"],
    generation: "Generation",
    end: str,
) -> None:
    """Adds a generated turn to the conversation as one piece: its head, what is said, its end.

    The tokens of the stop text may go on behind it: they are replaced by those of the end.
    """
    sample, drawn, ends = generation.sample, generation.sample.tokens, generation.ends
    if not drawn:
        return
    ended = sample.stopped in _ENDED
    kept = len(drawn) - ended
    kept = next((k for k in range(kept) if ends[k] > len(sample.text)), kept)
    known = {k: c for k, c in generation.contexts.items() if k <= kept}
    if kept == len(drawn):
        context, rest = generation.context, ""
    else:
        ids = [token.id for token in drawn[max(known, default=0) : kept]]
        _, context = model.surprisals(ids, known[max(known)] if known else contexts[len(tokens)])
        rest = sample.text[ends[kept - 1] if kept else 0 :] + (end if ended else "")
    added, after = tokens_of(model, rest, context)
    said = len(head + sample.text) + len(end) * ended
    parts = [
        (0, tokens, contexts),
        (len(head), [_token(*pair) for pair in zip(drawn[:kept], ends, strict=False)], known),
        (said - len(rest), added, {0: context} | after),
    ]
    merged: list[Token] = []
    places: dict[int, Context] = {}
    for offset, part, own in parts:
        places |= {len(merged) + k: c for k, c in own.items()}
        merged += [token._replace(end=token.end + offset) for token in part]
    if not rest:
        merged[-1] = merged[-1]._replace(end=said)  # text held back belongs to the last token
    conversation.add(
        "written",
        head + sample.text + (end if ended else ""),
        merged,
        places,
        seed=sample.seed,
        settings=sample.settings,
        clamp=model.clamps,
    )


def _token(token: "SampledToken", end: int) -> Token:
    return Token(token.id, end, token.logprob, token.sampled_logprob)
