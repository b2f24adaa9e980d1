"""`eval`: one set of figures for a whole file."""

from pathlib import Path
from typing import Annotated

from rnnrepl import textfile
from rnnrepl.errors import usage
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results import Evaluation
from rnnrepl.session import Device, Float64, ModelName, Session


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[Path, "the text, in UTF-8; - is standard input", Kind.FILE],
    *,
    model: ModelName = None,
    device: Device = "cpu",
    float64: Float64 = False,
    cache: Annotated[bool, "mix in a neural cache of what came before"] = False,
    cache_window: Annotated[int, "the last N tokens are in the cache", SETTING] = 2000,
    cache_theta: Annotated[float, "how sharply X the cache tells states apart", SETTING] = 0.03,
    cache_lambda: Annotated[float, "the cache's share X of each probability", SETTING] = 0.2,
    tune_cache: Annotated[bool, "find the cache that serves this file best"] = False,
) -> Evaluation:
    """Measure a model on a whole file.

    The figures are perplexity, bits per character and bits per byte. The file is read as one text,
    with the state carried from end to end.

    A neural cache expects again what came after similar states: it needs no training. Tune it on
    one file, then measure another with what was found; :set or config.toml can hold it.
    """
    from rnnrepl.cache import GRID, Cache

    if cache and tune_cache:
        raise usage("eval takes --cache or --tune-cache, not both.")
    caches = [Cache(cache_window, cache_theta, cache_lambda)] if cache else []
    chosen = session.use(model, device, float64=float64)
    return chosen.evaluate(textfile.pieces(file), GRID if tune_cache else caches)
