"""Loss curves as an SVG or PNG file, drawn by matplotlib."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from rnnrepl.errors import not_installed, usage
from rnnrepl.files.atomic import replace, writing
from rnnrepl.render.sanitize import sanitize
from rnnrepl.render.training.chart import ceiling
from rnnrepl.results.runs import Curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".svg", ".png")
LOSSES = ("train", "validation")
# Fonts with Hangul, Kana and Han characters, of which an image uses those that are installed.
FONTS = (
    *("DejaVu Sans", "Noto Sans CJK KR", "Noto Sans CJK JP", "Noto Sans KR"),
    *("Malgun Gothic", "Apple SD Gothic Neo", "NanumGothic"),
)
MARKERS = ("", "o", "s", "^", "D", "v", "P", "X", "*")  # tell runs apart without colors


def save(curves: Sequence[Curve], path: Path) -> None:
    """Saves curves as an image, in the format of the suffix of `path`.

    Raises RnnreplError for another suffix, where matplotlib is not installed, and where the file
    cannot be written; it is written as a whole or not at all.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise usage(f"The image file must end in {' or '.join(SUFFIXES)}, not '{path.name}'.")
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
        from matplotlib.font_manager import get_font_names
    except ImportError as error:
        raise not_installed("An image file", "matplotlib", "plot") from error
    fonts = set(get_font_names())
    with catch_warnings(), rc_context({"font.family": [f for f in FONTS if f in fonts]}):
        simplefilter("ignore", UserWarning)  # a character that no font has is drawn as a box
        image = BytesIO()
        figure = Figure(figsize=(8, 5), layout="constrained")
        _draw(curves, figure.add_subplot())
        figure.savefig(image, dpi=150, format=path.suffix.lower().removeprefix("."))
    with writing(path.parent):
        replace(path, image.getvalue())


def _draw(curves: Sequence[Curve], axes: "Axes") -> None:
    runs = list(dict.fromkeys(curve.run for curve in curves))
    for index, curve in enumerate(curves):
        name = sanitize(f"{curve.run} {curve.what}" if len(runs) > 1 else curve.what, keep="")
        dashes = "--" if curve.what == "train" else "-"
        number = runs.index(curve.run) if curve.what in LOSSES else index
        axes.plot(
            *zip(*curve.points, strict=True),
            dashes,
            color=f"C{number}",
            marker=MARKERS[number % len(MARKERS)],
            markevery=0.1,  # of the diagonal of the axes
            markersize=4,
            linewidth=1.2,
            label=name,
        )
    axes.set_xlabel(curves[0].x)
    axes.set_ylabel(f"{curves[0].unit} per {'character' if curves[0].per == 'char' else 'token'}")
    axes.set_ylim(top=ceiling(curves))
    axes.set_title(sanitize(" · ".join(runs), keep=""), parse_math=False)
    axes.grid(alpha=0.3)
    for text in axes.legend().get_texts():
        text.set_parse_math(False)
