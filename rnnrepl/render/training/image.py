"""Curves as a picture in a file, SVG or PNG: matplotlib draws it."""

from collections.abc import Sequence
from pathlib import Path

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.render.sanitize import visible
from rnnrepl.render.training.chart import ceiling
from rnnrepl.results import Curve

KINDS = (".svg", ".png")
LOSSES = ("train", "validation")
MARKERS = ("", "o", "s", "^", "D", "v", "P", "X", "*")  # so that runs differ without colours too


def save(curves: Sequence[Curve], path: Path) -> None:
    """Draws curves into a file; its ending says how.

    Raises RnnreplError for another ending, where matplotlib is missing, or the disk refuses.
    """
    if path.suffix.lower() not in KINDS:
        raise usage(f"The name of a picture ends in {' or '.join(KINDS)}, not '{path.name}'.")
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RnnreplError(
            'A picture in a file needs matplotlib: pip install "rnnrepl[plot]".'
        ) from error
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    runs = list(dict.fromkeys(curve.run for curve in curves))
    for place, curve in enumerate(curves):
        name = visible(f"{curve.run} {curve.what}" if len(runs) > 1 else curve.what, keep="")
        dashes = "--" if curve.what == "train" else "-"
        number = runs.index(curve.run) if curve.what in LOSSES else place
        axes.plot(
            *zip(*curve.points, strict=True),
            dashes,
            color=f"C{number}",
            marker=MARKERS[number % len(MARKERS)],
            markevery=0.1,  # of the picture's diagonal
            markersize=4,
            linewidth=1.2,
            label=name,
        )
    axes.set_xlabel(curves[0].x)
    axes.set_ylabel(f"{curves[0].unit} per token")
    axes.set_ylim(top=ceiling(curves))
    axes.set_title(visible(" · ".join(runs), keep=""), parse_math=False)
    axes.grid(alpha=0.3)
    for text in axes.legend().get_texts():
        text.set_parse_math(False)
    figure.savefig(path, dpi=150)
