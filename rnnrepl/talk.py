"""A model at work in a conversation: what is typed is read, what the model writes is kept."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rnnrepl.conversation import STRIDE, Conversation, Node, Read, Token
from rnnrepl.results import Piece, Sample

if TYPE_CHECKING:
    from rnnrepl.generation import Generation
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
    model: "Model", conversation: Conversation, prompt: str, **options: Any
) -> Iterator[Piece | Sample]:
    """The pieces of a continuation as they come, then its sample; the options are `stream`'s.

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
        yield from generation
    finally:
        _keep(conversation, generation)
    yield generation.sample


def reader(model: "Model") -> Read:
    """How a conversation reads some ids again, when it is cut between two kept contexts."""
    import numpy as np

    from rnnrepl.surprisal import read

    def again(ids: Sequence[int], context: "Context | None") -> "Context":
        return read(model.network, np.array(ids), context or model.begin())

    return again


def spread(model: "Model", text: str, context: "Context | None") -> Reading:
    """A text as tokens that continue a context, with their probabilities and their contexts.

    Raises RnnreplError where the tokenizer refuses the text.
    """
    encoding = model.tokenizer.encode(text)
    logprobs, contexts = measured(model, encoding.ids, context)
    # A character that is several tokens stands once its last one is read.
    ends = map(min, encoding.ends, [*encoding.starts[1:], len(text)])
    columns = zip(map(int, encoding.ids), map(int, ends), logprobs, strict=True)
    return [Token(*column) for column in columns], contexts


def measured(
    model: "Model", ids: Sequence[int], context: "Context | None"
) -> tuple[list[float], dict[int, "Context"]]:
    """The log-probability of each id, in nats, and every STRIDE-th context on the way."""
    import numpy as np

    from rnnrepl.surprisal import surprisals

    after, contexts, logprobs = context or model.begin(), {}, []
    for start in range(0, len(ids), STRIDE):
        part = np.array(ids[start : start + STRIDE])
        nats, after = surprisals(model.network, part, after)
        logprobs += (-nats).tolist()
        contexts[len(logprobs)] = after
    contexts[len(logprobs)] = after
    return logprobs, contexts


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
