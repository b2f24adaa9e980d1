"""Draws records in the format asked for."""

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path

from rnnrepl.files.progress import Progress, listening
from rnnrepl.render.output import Output, is_terminal
from rnnrepl.results.session import NoResult, Notice

# The function that draws each format. Modules are imported on demand: some of them need rich.
FORMATS = {
    "chart": "training.chart:draw_chart",
    "heat": "text.heatmap:draw_heatmaps",
    "html": "text.html:write_html",
    "json": "json_lines:write_json",
    "live": "training.live:follow_run",
    "lm-zoo": "tsv:write_lm_zoo",
    "svg": "text.html:write_svg",
    "table": "tables.tables:draw_tables",
    "text": "text.stream:write_text",
    "tree": "tables.tree:draw_tree",
    "tsv": "tsv:write_tsv",
}


class Screen(Output):
    """Output that can draw records."""

    def show(self, records: Iterable[object], format: str) -> None:
        """Draws records in one of FORMATS, each as soon as it comes; notices go to stderr."""
        module, name = FORMATS[format].split(":")
        draw: Callable[[Iterable[object], Output], None]
        draw = getattr(import_module(f"rnnrepl.render.{module}"), name)
        try:
            draw(self._data(records, format), self)
        finally:
            if close := getattr(records, "close", None):
                close()
        self.stdout.flush()

    def save(self, records: Iterable[object], format: str, path: Path) -> None:
        """Draws records into a file, which is written as a whole or not at all.

        Raises RnnreplError if the file cannot be written.
        """
        from rnnrepl.files import atomic

        with (
            atomic.writing(path.parent),
            atomic.new_file(path) as draft,
            draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            Screen(self.color, file, self.stderr, self.heat, self.interface).show(records, format)
        self.notice(f"Written to {path}.")

    def _data(self, records: Iterable[object], format: str) -> Iterator[object]:
        """The records to draw; shows notices and progress on the way."""
        from rnnrepl.render.training.progress_bar import ProgressBar

        bar = ProgressBar(self.stderr if is_terminal(self.stderr) else None)
        reported: set[Notice] = set()  # each is shown once, as often as it may be reported

        def show(record: Progress | Notice) -> None:
            if isinstance(record, Progress):
                bar.show(record)
            elif record not in reported:
                reported.add(record)
                bar.clear()
                self.notice(record.text)

        try:
            with listening(show):
                for record in records:
                    if isinstance(record, Progress):
                        bar.show(record)
                        continue
                    if isinstance(record, Notice) or self.stdout.isatty() or format == "live":
                        bar.clear()
                    if isinstance(record, Notice):
                        self.notice(record.text)
                    if not isinstance(record, Notice) or (
                        format == "tsv" and isinstance(record, NoResult) and record.columns
                    ):
                        yield record
        finally:
            bar.clear()
