"""`why`: how much each earlier token contributed to a prediction."""

from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, LastScore, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.grammar import Kind, command
from rnnrepl.ranges import INDEX, Range
from rnnrepl.results.fields import Baseline, Method

if TYPE_CHECKING:
    from rnnrepl.results.inspection import Explanation


@command(formats=("heat", "table", "tsv", "json", "html"), piped="tsv")
def why(
    session: Session,
    text: Annotated[str, "text to explain", Kind.TEXT] = "",
    *,
    at: Annotated[
        int | None, "explain the token at character N (default: the token after the text)", INDEX
    ] = None,
    target: Annotated[
        str, "explain token T (default: the one at --at, or the most likely)", Kind.TOKEN
    ] = "",
    against: Annotated[str, "explain why the target rather than token T", Kind.TOKEN] = "",
    method: Annotated[Method, "how attributions are computed"] = "occlusion",
    baseline: Annotated[Baseline, "what a token is replaced by"] = "mean",
    steps: Annotated[
        int, "points of integrated gradients; 0 adds points until they add up", Range(0, 1000)
    ] = 0,
    window: Annotated[int, "explain by the last N tokens only; 0 uses all", Range(0, 4000)] = 0,
    model: ModelName = None,
    clamp: Clamp = (),
) -> "Explanation":
    """Explain a prediction by the tokens before it.

    Shows how much each earlier token contributed to the log probability of a target, in nats, or
    with --against to the difference between two targets. Occlusion replaces one token at a time, by
    the mean embedding, the unknown token, zero, or nothing (omit). gradient is gradient x input,
    integrated is integrated gradients; the latter add up to the effect of replacing all tokens.

    At the prompt, :why without a text explains the most surprising token of the last score.

    Examples:
        why --target e --against o "To be, or not to b"
        why --at 7 --format table "To be, or not to be"
        why --method integrated --format json "To be, or not to b"
    """
    if text:
        chosen, token, context = session.use(model, "cpu").clamped(clamp), None, None
    elif session.last_score:
        chosen, context = session.last_score.model, session.last_score.context
        text, token, target = _most_surprising(session.last_score, at, target)
    else:
        prompt = ", or a score before it: :score TEXT" if session.interface == "prompt" else ""
        raise usage(f"why needs a text{prompt}.")
    return chosen.why(
        text,
        at=at,
        token=token,
        target=target,
        against=against,
        method=method,
        baseline=baseline,
        steps=steps,
        window=window,
        context=context,
    )


def _most_surprising(last: LastScore, at: int | None, target: str) -> tuple[str, int | None, str]:
    """The text of a score, the number of its most surprising token (without `at`), the target."""
    text, tokens = last.score.text, last.score.tokens
    if at is not None:
        return text, None, target
    scored = [(t.surprisal, n) for n, t in enumerate(tokens) if n and t.surprisal is not None]
    if not scored:
        raise usage("The last score has no token with another one before it: give a text.")
    number = max(scored)[1]
    token = tokens[number]
    if not token.text and token.start == len(text):  # the end token is not part of the text
        target = target or last.model.tokenizer.tokens[token.id]
    return text, number, target
