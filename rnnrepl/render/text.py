"""Generated text as it comes: appended, never repainted."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnnrepl.render.visible import visible
from rnnrepl.results import Piece, Sample

if TYPE_CHECKING:
    from rnnrepl.render.screen import Screen


def text(records: Iterable[object], screen: "Screen") -> None:
    """Writes pieces as they come; a pipe gets exactly the text and nothing else."""
    if screen.stdout.isatty():
        _on_terminal(records, screen)
        return
    for record in records:
        if isinstance(record, Piece):
            screen.write(record.text)
            screen.stdout.flush()


def _on_terminal(records: Iterable[object], screen: "Screen") -> None:
    """With the prompt in bold, and a rule between samples; ends at the beginning of a line."""
    bold, plain = ("\x1b[1m", "\x1b[0m") if screen.styled(screen.stdout) else ("", "")
    finished, last, apart = 0, "\n", False
    try:
        for record in records:
            if isinstance(record, Sample):
                finished, apart = finished + 1, True
            elif isinstance(record, Piece) and record.text:
                if apart:
                    screen.write(("" if last == "\n" else "\n") + f"── {finished + 1} ──\n")
                shown, last, apart = visible(record.text), record.text[-1], False
                screen.write(f"{bold}{shown}{plain}" if record.prompt else shown)
                screen.stdout.flush()
    finally:
        if last != "\n":
            screen.write("\n")
