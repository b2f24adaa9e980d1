"""`eval`: perplexity and bits per character of a whole file."""

from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, Float64, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Evaluation, Notice
from rnnrepl.scoring.adaptation import ADAPTS, CACHES, Adaptation, harm


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    encoding: Encoding = "",
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
    tune_cache: Annotated[bool, "find the best cache for this text (grid search)"] = False,
    tune_adapt: Annotated[bool, "find the best adaptation for this text (grid search)"] = False,
) -> Iterator[Evaluation | Notice | Progress]:
    """Evaluate a model on a text.

    Shows perplexity, bits per character and bits per byte. The state is carried from beginning
    to end, also from file to file: they are one text, with a line break between two files.

    A neural cache or dynamic evaluation adapts the model to the text. Tune their settings on one
    text, then evaluate another with them.

    Examples:
        eval book.txt --model shakespeare-char
        eval book.txt --tune-cache
        eval book.txt test.txt --encoding cp1252 --format json
    """
    if (tune_cache and adaptation.cache) or (tune_adapt and adaptation.adapt):
        raise usage("eval takes --cache or --tune-cache, --adapt or --tune-adapt, not both.")
    chosen = session.use(model, device, float64=float64).clamped(clamp)
    caches = [adaptation.cache_for(chosen.tokenizer.level)] if adaptation.cache else []
    adapts = [adaptation.adapt_settings] if adaptation.adapt else []
    tries = CACHES if tune_cache else caches, ADAPTS if tune_adapt else adapts
    texts = text_files.collect(file, encoding)
    yield from texts.notices
    for record in with_total(chosen.evaluate_with_progress(texts, *tries), texts.size):
        yield record
        if isinstance(record, Evaluation) and record.perplexity_before:
            used = {"cache": bool(record.cache), "adapt": bool(record.adapt)}
            before = log(record.perplexity_before)
            if notice := harm(before, record.nats_per_token, **used):
                yield notice
