"""`eval`: perplexity and bits per character of a whole file."""

from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Clamp, Device, Float64, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, with_total
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Evaluation, Notice
from rnnrepl.scoring.adaptation import ADAPTS, CACHES, Adaptation, harm


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[Path, "a text in UTF-8; - is standard input", Kind.FILE],
    *,
    model: ModelName = None,
    clamp: Clamp = (),
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
    tune_cache: Annotated[bool, "find the best cache for this file (grid search)"] = False,
    tune_adapt: Annotated[bool, "find the best adaptation for this file (grid search)"] = False,
) -> Iterator[Evaluation | Notice | Progress]:
    """Evaluate a model on a file.

    Shows perplexity, bits per character and bits per byte. The file is one text: the state is
    carried from beginning to end.

    A neural cache or dynamic evaluation adapts the model to the text. Tune their settings on one
    file, then evaluate another with them.

    Examples:
        eval book.txt --model shakespeare-char
        eval book.txt --tune-cache
        eval test.txt --cache --cache-window 500 --format json
    """
    if (tune_cache and adaptation.cache) or (tune_adapt and adaptation.adapt):
        raise usage("eval takes --cache or --tune-cache, --adapt or --tune-adapt, not both.")
    chosen = session.use(model, device, float64=float64).clamped(clamp)
    caches = [adaptation.cache_for(chosen.tokenizer.level)] if adaptation.cache else []
    adapts = [adaptation.adapt_settings] if adaptation.adapt else []
    tries = CACHES if tune_cache else caches, ADAPTS if tune_adapt else adapts
    for record in with_total(chosen.evaluate_with_progress(text_files.pieces(file), *tries), file):
        yield record
        if isinstance(record, Evaluation) and record.perplexity_before:
            used = {"cache": bool(record.cache), "adapt": bool(record.adapt)}
            before = log(record.perplexity_before)
            if notice := harm(before, record.nats_per_token, **used):
                yield notice
