"""`eval`: one set of figures for a whole file."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from rnnrepl.app.session import Device, Float64, ModelName, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress, size
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Evaluation
from rnnrepl.scoring.adaptation import ADAPTS, CACHES, Adaptation


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[Path, "the text, in UTF-8; - is standard input", Kind.FILE],
    *,
    model: ModelName = None,
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
    tune_cache: Annotated[bool, "find the cache that serves this file best"] = False,
    tune_adapt: Annotated[bool, "find how to adapt to this file best"] = False,
) -> Iterator[Evaluation | Progress]:
    """Measure a model on a whole file.

    The figures are perplexity, bits per character and bits per byte. The file is read as one text,
    with the state carried from end to end.

    A neural cache expects again what came after similar states: it needs no training. Adapting
    lets a copy of the weights learn from each segment once it is scored; the model stays as it is.
    Tune them on one file, then measure another with what was found; :set or config.toml can hold
    it.
    """
    if (tune_cache and adaptation.cache) or (tune_adapt and adaptation.adapt):
        raise usage("eval takes --cache or --tune-cache, --adapt or --tune-adapt, not both.")
    chosen = session.use(model, device, float64=float64)
    caches = [adaptation.cache_settings] if adaptation.cache else []
    adapts = [adaptation.adapt_settings] if adaptation.adapt else []
    tries = CACHES if tune_cache else caches, ADAPTS if tune_adapt else adapts
    total = size(file)
    for found in chosen.evaluation(text_files.pieces(file), *tries):
        yield replace(found, total=total) if isinstance(found, Progress) else found
