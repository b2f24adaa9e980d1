"""Reads typed text and generates text with a model, and adds both to a conversation."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from rnnrepl.conversation.tree import Conversation, Node, Read, Token
from rnnrepl.files.progress import Progress, report
from rnnrepl.generation import STRIDE
from rnnrepl.results.fields import NATS
from rnnrepl.results.samples import Piece, Sample
from rnnrepl.results.session import Notice, unknown_tokens

if TYPE_CHECKING:
    from rnnrepl.generation.request import GenerationRequest
    from rnnrepl.generation.stream import Generation
    from rnnrepl.model import Model
    from rnnrepl.rnn.network import Context

PREFIX = 1024  # the number of last ids that spaces, characters and repetition samplers depend on

Show = Literal["text", "bits"]
TokensAndContexts = tuple[Sequence[Token], dict[int, "Context"]]


def read(model: "Model", conversation: Conversation, text: str) -> Node:
    """Reads a typed text at the current position and adds it to the conversation.

    Raises RnnreplError if the tokenizer refuses the text.
    """
    tokens, contexts = _reading(model, conversation, text)
    return conversation.add("typed", text, tokens, contexts, clamp=model.clamps)


def generate(
    model: "Model",
    conversation: Conversation,
    request: "GenerationRequest",
    *,
    seed: int | None = None,
    show: Show = "text",
) -> Iterator[Piece | Sample | Notice]:
    """Yields the pieces of a continuation as they are generated, then its sample.

    With `show` "bits" each generated piece has the surprisal of its tokens. The prompt and the
    generated text are added to the conversation, also if the caller does not iterate to the end.
    Raises RnnreplError as `Model.stream` does, and leaves the conversation unchanged.
    """
    context = conversation.at.context or model.begin()
    try:
        tokens, contexts = _reading(model, conversation, request.prompt)
    except KeyboardInterrupt:
        yield Notice("Stopped while the text was read; it is not kept.")
        raise
    generation = model.stream(
        request,
        seed=seed,
        context=context,
        before=conversation.last_ids(PREFIX),
        prompted=contexts[len(tokens)],
    )
    if request.prompt:
        conversation.add("typed", request.prompt, tokens, contexts, clamp=model.clamps)
    yield from unknown(model, request.prompt, tokens)
    try:
        yield from generation if show == "text" else with_bits(generation)
    except KeyboardInterrupt:
        yield generation.sample
        raise
    finally:
        _keep(conversation, generation, model.clamps)
    yield generation.sample
    if generation.sample.matched is False:
        yield _unmatched(generation.sample)


def unknown(model: "Model", text: str, tokens: Sequence[Token]) -> Iterator[Notice]:
    """Yields a notice if tokens of a text are unknown to the model."""
    starts = [0, *(token.end for token in tokens)]
    names = [
        text[start : token.end]
        for start, token in zip(starts, tokens, strict=False)
        if token.id == model.tokenizer.unk
    ]
    if names:
        yield unknown_tokens(names, len(names), len(tokens))


def _unmatched(sample: Sample) -> Notice:
    if sample.stopped == "dead end":
        return Notice("Stopped: no continuation can match the pattern.")
    return Notice("The text does not match the pattern yet: raise --length.")


def with_bits(generation: "Generation") -> Iterator[Piece]:
    """Yields the pieces of a generation, each with the surprisal of its tokens."""
    shown = 0
    for piece in generation:
        new = generation.tokens[shown:]
        shown += len(new)
        bits = -sum(token.logprob for token in new) / NATS["bits"]
        yield piece if piece.prompt else replace(piece, bits=bits)


def reader(model: "Model") -> Read:
    """A function that reads ids, with which a conversation can be cut between two kept contexts."""
    return lambda ids, context, clamp: model.clamped(clamp).surprisals(ids, context)[1]


def rescore(model: "Model", conversation: Conversation) -> None:
    """Scores all pieces again, with a model of the same vocabulary."""
    for node in conversation:
        assert node.parent is not None
        ids = [token.id for token in node.tokens]
        clamped = model.clamped(node.clamp)
        logprobs, node.contexts = log_probabilities(clamped, ids, node.parent.context)
        pairs = zip(node.tokens, logprobs, strict=True)
        node.tokens = tuple(token._replace(logprob=logprob) for token, logprob in pairs)


def retype(model: "Model", conversation: Conversation, pieces: Sequence[Node], text: str) -> Node:
    """Replaces typed pieces by another text, as a new branch.

    Only the text after their common beginning is read. Raises RnnreplError if the tokenizer refuses
    the text.
    """
    ids_and_ends = _encode(model, text)
    ids = [id for id, _ in ids_and_ends]
    keep = _common([token.id for piece in pieces for token in piece.tokens], ids)
    while not text.startswith(_beginning(pieces, keep)):
        keep -= 1
    head = _beginning(pieces, keep)
    conversation.visit(_node_after(conversation, pieces, keep, reader(model)))
    if head == text:
        return conversation.at
    logprobs, contexts = log_probabilities(model, ids[keep:], conversation.at.context)
    ends = [end - len(head) for _, end in ids_and_ends[keep:]]
    tokens = list(map(Token, ids[keep:], ends, logprobs))
    rest, clamp = text[len(head) :], model.clamps
    return conversation.add("typed", rest, tokens, contexts, skip=keep, clamp=clamp)


def tokens_of(model: "Model", text: str, context: "Context | None") -> TokensAndContexts:
    """The tokens of a text that continues a context, with log-probabilities and kept contexts.

    Raises RnnreplError if the tokenizer refuses the text.
    """
    ids_and_ends = _encode(model, text)
    ids, size = [id for id, _ in ids_and_ends], len(text.encode("utf-8", "replace"))
    logprobs, contexts = log_probabilities(model, ids, context, size)
    pairs = zip(ids_and_ends, logprobs, strict=True)
    return [Token(*pair, logprob) for pair, logprob in pairs], contexts


def log_probabilities(
    model: "Model", ids: Sequence[int], context: "Context | None", size: int | None = None
) -> tuple[list[float], dict[int, "Context"]]:
    """The log-probability of each id, in nats, and the context after every STRIDE-th id.

    With the `size` of the text in bytes it reports its progress.
    """
    after, contexts, logprobs = context or model.begin(), {}, []
    for start in range(0, len(ids), STRIDE):
        if size is not None:
            report(Progress(size * start // len(ids), size, "reading the text"))
        nats, after = model.surprisals(ids[start : start + STRIDE], after)
        logprobs += (-nats).tolist()
        contexts[len(logprobs)] = after
    contexts[len(logprobs)] = after
    return logprobs, contexts


def _encode(model: "Model", text: str) -> list[tuple[int, int]]:
    """The ids of a text, each with the number of characters that are complete after it."""
    ids, starts, ends = model.tokenizer.encode(text)
    # A character of several tokens is complete after the last one.
    return list(zip(map(int, ids), map(min, ends, [*starts[1:], len(text)]), strict=True))


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """The length of the common prefix of two lists of ids."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))


def _beginning(pieces: Sequence[Node], tokens: int) -> str:
    """The text of the first `tokens` tokens of consecutive pieces."""
    text = ""
    for piece in pieces:
        if tokens < len(piece.tokens):
            return text + (piece.text[: piece.tokens[tokens - 1].end] if tokens else "")
        if tokens:
            text, tokens = text + piece.text, tokens - len(piece.tokens)
    return text


def _node_after(
    conversation: Conversation, pieces: Sequence[Node], tokens: int, read: Read
) -> Node:
    """The node that ends after the first `tokens` tokens of consecutive pieces."""
    node = pieces[0].parent
    for piece in pieces:
        if tokens:
            keep = min(tokens, len(piece.tokens))
            node, tokens = conversation.cut(piece, keep, read), tokens - keep
    assert node is not None
    return node


def _reading(model: "Model", conversation: Conversation, text: str) -> TokensAndContexts:
    if node := conversation.typed(text, model.clamps):
        return node.tokens, node.contexts
    return tokens_of(model, text, conversation.at.context)


def _keep(conversation: Conversation, generation: "Generation", clamp: tuple[str, ...]) -> None:
    """Adds the generated text to the conversation, if there is any."""
    sample, length = generation.sample, len(generation.sample.text)
    if not sample.tokens:
        return
    # Text held back belongs to the last token. In a conversation the end token is a line end.
    ends = [*generation.ends, *[length] * len(sample.tokens)]
    tokens = [
        Token(token.id, min(end, length), token.logprob, token.sampled_logprob)
        for token, end in zip(sample.tokens, ends, strict=False)
    ]
    text = sample.text + generation.end_text
    tokens[-1] = tokens[-1]._replace(end=len(text))
    contexts = generation.contexts | {len(tokens): generation.context}
    conversation.add(
        "written",
        text,
        tokens,
        contexts,
        seed=sample.seed,
        settings=sample.settings,
        clamp=clamp,
    )
