"""A model at work in a conversation: what is typed is read, what the model writes is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from rnnrepl.conversation.tree import Conversation, Node, Read, Token
from rnnrepl.generation import STRIDE
from rnnrepl.results import NATS, Notice, Piece, Sample

if TYPE_CHECKING:
    from rnnrepl.generation.stream import Generation
    from rnnrepl.model import Model
    from rnnrepl.rnn.network import Context

HEARD = 1024  # the last tokens, as blanks, half characters and repetitions depend on them

Reading = tuple[Sequence[Token], dict[int, "Context"]]


def read(model: "Model", conversation: Conversation, text: str) -> Node:
    """Reads a typed text where the conversation stands, and goes on behind it.

    Raises RnnreplError where the tokenizer refuses the text.
    """
    return conversation.add("typed", text, *_reading(model, conversation, text))


def write(
    model: "Model",
    conversation: Conversation,
    prompt: str,
    *,
    show: Literal["text", "bits"] = "text",
    **options: Any,
) -> Iterator[Piece | Sample | Notice]:
    """The pieces of a continuation as they come, then its sample; the options are `stream`'s.

    With `show` "bits" each piece of the model's has the surprisal of its tokens.
    The prompt and whatever was written belong to the conversation then, also where nobody listened
    to the end. Raises RnnreplError as `stream` does, and leaves the conversation as it was.
    """
    context = conversation.at.context or model.begin()
    tokens, contexts = _reading(model, conversation, prompt)
    prompted = contexts[len(tokens)]
    before = conversation.last_ids(HEARD)
    generation = model.stream(prompt, context=context, before=before, prompted=prompted, **options)
    if prompt:
        conversation.add("typed", prompt, tokens, contexts)
    try:
        yield from generation if show == "text" else _with_bits(generation)
    except KeyboardInterrupt:
        yield generation.sample
        raise
    finally:
        _keep(conversation, generation)
    yield generation.sample
    if generation.sample.matched is False:
        yield _unmatched(generation.sample)


def _unmatched(sample: Sample) -> Notice:
    if sample.stopped == "dead end":
        return Notice("Here it ends, for nothing that comes next can match the pattern.")
    return Notice("The text does not match the pattern yet: let it be longer.")


def _with_bits(generation: "Generation") -> Iterator[Piece]:
    told = 0
    for piece in generation:
        new = generation.tokens[told:]
        told += len(new)
        bits = -sum(token.logprob for token in new) / NATS["bits"]
        yield piece if piece.prompt else replace(piece, bits=bits)


def reader(model: "Model") -> Read:
    """How a conversation reads some ids again, when it is cut between two kept contexts."""
    import numpy as np

    from rnnrepl.scoring.surprisal import read

    def again(ids: Sequence[int], context: "Context | None") -> "Context":
        return read(model.network, np.array(ids), context or model.begin())

    return again


def reread(model: "Model", conversation: Conversation) -> None:
    """Reads all pieces anew, with a model of the same vocabulary: their contexts and figures."""
    for node in conversation:
        assert node.parent is not None
        ids = [token.id for token in node.tokens]
        logprobs, node.contexts = measured(model, ids, node.parent.context)
        pairs = zip(node.tokens, logprobs, strict=True)
        node.tokens = tuple(token._replace(logprob=logprob) for token, logprob in pairs)


def retype(model: "Model", conversation: Conversation, pieces: Sequence[Node], text: str) -> Node:
    """Goes on from where these typed pieces begin, with another text in their place.

    Only what follows their common beginning is read. Raises RnnreplError where the tokenizer
    refuses the text.
    """
    found = _cut(model, text)
    ids = [id for id, _ in found]
    keep = _alike([token.id for piece in pieces for token in piece.tokens], ids)
    while not text.startswith(_beginning(pieces, keep)):
        keep -= 1
    head = _beginning(pieces, keep)
    conversation.visit(_place(conversation, pieces, keep, reader(model)))
    if head == text:
        return conversation.at
    logprobs, contexts = measured(model, ids[keep:], conversation.at.context)
    ends = [end - len(head) for _, end in found[keep:]]
    tokens = list(map(Token, ids[keep:], ends, logprobs))
    return conversation.add("typed", text[len(head) :], tokens, contexts, skip=keep)


def spread(model: "Model", text: str, context: "Context | None") -> Reading:
    """A text as tokens that continue a context, with their probabilities and their contexts.

    Raises RnnreplError where the tokenizer refuses the text.
    """
    found = _cut(model, text)
    logprobs, contexts = measured(model, [id for id, _ in found], context)
    return [Token(*pair, nats) for pair, nats in zip(found, logprobs, strict=True)], contexts


def measured(
    model: "Model", ids: Sequence[int], context: "Context | None"
) -> tuple[list[float], dict[int, "Context"]]:
    """The log-probability of each id, in nats, and every STRIDE-th context on the way."""
    import numpy as np

    from rnnrepl.scoring.surprisal import surprisals

    after, contexts, logprobs = context or model.begin(), {}, []
    for start in range(0, len(ids), STRIDE):
        part = np.array(ids[start : start + STRIDE])
        nats, after = surprisals(model.network, part, after)
        logprobs += (-nats).tolist()
        contexts[len(logprobs)] = after
    contexts[len(logprobs)] = after
    return logprobs, contexts


def _cut(model: "Model", text: str) -> list[tuple[int, int]]:
    """The ids of a text, each with the number of characters that stand once it is read."""
    ids, starts, ends = model.tokenizer.encode(text)
    # A character that is several tokens stands once its last one is read.
    return list(zip(map(int, ids), map(min, ends, [*starts[1:], len(text)]), strict=True))


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many ids are the same, from the first one on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _beginning(pieces: Sequence[Node], tokens: int) -> str:
    """The text of the first tokens of some pieces."""
    text = ""
    for piece in pieces:
        if tokens < len(piece.tokens):
            return text + (piece.text[: piece.tokens[tokens - 1].end] if tokens else "")
        if tokens:
            text, tokens = text + piece.text, tokens - len(piece.tokens)
    return text


def _place(conversation: Conversation, pieces: Sequence[Node], tokens: int, read: Read) -> Node:
    """The node that ends after the first tokens of some pieces."""
    place = pieces[0].parent
    for piece in pieces:
        if tokens:
            keep = min(tokens, len(piece.tokens))
            place, tokens = conversation.cut(piece, keep, read), tokens - keep
    assert place is not None
    return place


def _reading(model: "Model", conversation: Conversation, text: str) -> Reading:
    if node := conversation.typed(text):
        return node.tokens, node.contexts
    return spread(model, text, conversation.at.context)


def _keep(conversation: Conversation, generation: "Generation") -> None:
    """Adds what was written, if anything was."""
    sample, length = generation.sample, len(generation.sample.text)
    if not sample.tokens:
        return
    # What is held back counts for the last token; the end token has no text at all.
    ends = [*generation.ends, *[length] * len(sample.tokens)]
    tokens = [
        Token(token.id, min(end, length), token.logprob, token.sampled_logprob)
        for token, end in zip(sample.tokens, ends, strict=False)
    ]
    contexts = generation.contexts | {len(tokens): generation.context}
    conversation.add(
        "written", sample.text, tokens, contexts, seed=sample.seed, settings=sample.settings
    )
