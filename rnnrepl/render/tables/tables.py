"""Draws each kind of record as a table."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from itertools import groupby
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from rnnrepl.render.numbers import clamped
from rnnrepl.render.output import Output
from rnnrepl.results.comparisons import Comparison
from rnnrepl.results.scores import Score

# The function that draws one record on a console. Modules are imported on demand.
_SINGLE = {
    "Comparison": "comparison:comparison_table",
    "ComparisonSummary": "comparison:summary_table",
    "Prediction": "next_tokens:next_token_table",
    "Sample": "sample:sample_table",
    "Score": "score:score_table",
    "Steps": "steps:step_tables",
}
# The function that draws consecutive records together.
_GROUPED = {
    "Ablation": "ablation:ablation_tables",
    "Activations": "activations:activation_tables",
    "Check": "listings:checks",
    "Classification": "experiments:classifications",
    "ClassifiedText": "experiments:classified_texts",
    "ConfigFile": "listings:config_files",
    "Continuation": "experiments:continuations",
    "Evaluation": "evaluations:evaluation_tables",
    "Explanation": "explanation:explanation_tables",
    "GateSaturation": "gates:gate_tables",
    "LayerProbe": "neurons:probe_tables",
    "NearestPlace": "nearest:nearest_tables",
    "ImportFormat": "listings:import_formats",
    "ModelCard": "cards:card_tables",
    "ModelInfo": "listings:models",
    "OptionInfo": "listings:options",
    "PairAccuracy": "experiments:pair_accuracies",
    "PairDifference": "experiments:pair_differences",
    "RegionScore": "experiments:region_means",
    "RunInfo": "listings:runs",
    "SamplerStage": "listings:stages",
    "Setting": "listings:settings",
    "SuiteAccuracy": "experiments:suite_accuracies",
    "Tokenization": "listings:tokenizations",
    "TextScore": "score:text_lines",
    "TokenizerInfo": "listings:tokenizers",
    "TreeNode": "tree:branch_tables",
    "UnitResponse": "neurons:unit_tables",
    "VocabularyEntry": "listings:vocabulary",
}
_SUMMARISED = ("PairScore", "Piece")  # by the records that follow; not drawn


def draw_tables(records: Iterable[object], output: Output) -> None:
    """Draws records as they come; consecutive records of one kind can share a table."""
    console = output.console()
    for kind, group in groupby(records, _kind):
        if kind in _SUMMARISED:
            continue
        clamps: list[str] = []
        for renderable in _renderer(kind, console)(_noting(group, clamps)):
            console.print(renderable)
            output.stdout.flush()
        if clamps and kind != "Score":  # the summary of a score has them
            console.print(Text(clamped(clamps), "dim"))


def _noting(records: Iterable[Any], clamps: list[str]) -> Iterator[Any]:
    """Yields the records; `clamps` becomes the units that the model held for the last of them."""
    for record in records:
        clamps[:] = getattr(record, "clamp", None) or ()
        yield record


def _kind(record: object) -> str:
    whole = isinstance(record, Score) and record.by == "text"
    return "TextScore" if whole else type(record).__name__


def _renderer(kind: str, console: Console) -> Callable[[Iterable[Any]], Iterable[RenderableType]]:
    module, name = (_SINGLE.get(kind) or _GROUPED[kind]).split(":")
    draw = getattr(import_module(f"rnnrepl.render.tables.{module}"), name)
    return partial(_each, draw, console) if kind in _SINGLE else draw


def _each(
    draw: Callable[[Any, Console], Iterator[RenderableType]],
    console: Console,
    records: Iterable[object],
) -> Iterator[RenderableType]:
    """A table for each record; those of texts are separated by a blank line."""
    for number, record in enumerate(records):
        if number and isinstance(record, Score | Comparison):
            yield ""
        yield from draw(record, console)
