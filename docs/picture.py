"""Draws screen.svg and tree.svg: the prompt as a person sees it, from real runs in a real terminal.

    python docs/picture.py

Needs pyte, and a terminal as POSIX has it.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time
from fcntl import ioctl
from io import StringIO
from pathlib import Path
from struct import pack
from termios import TIOCSWINSZ

import pyte
from rich.color import Color, ColorParseError
from rich.console import Console
from rich.style import Style
from rich.text import Text

COLUMNS = 92
PICTURES = {  # the rows of the terminal, and what is typed
    "screen": (
        37,
        [
            ":set seed 1",
            ":score To be, or not to be: that is the qxestion.",
            ":score --format table --top 3 my lord",
            "ROMEO:\x1b\r",  # Esc Enter: a new line
        ],
    ),
    "tree": (
        47,
        [
            ":set seed 1",
            ":set length 90",
            ":set show bits",
            "DUKE:\x1b\rNow is the night",
            ":retry --seed 2",
            ":back 30",
            ":mark storm",
            ":more --seed 3",
            ":goto storm",
            "My lady, ",
            ":tree",
        ],
    ),
}
TITLE = "rnnrepl"


def main() -> None:
    for name, (rows, lines) in PICTURES.items():
        draw(Path(__file__).with_name(f"{name}.svg"), rows, lines)


def draw(picture: Path, rows: int, lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        shown = played(lines, rows, os.environ | {"RNNREPL_HOME": home})
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for row in shown:
        console.print(row, no_wrap=True, crop=True)
    drawn = console.export_svg(title=TITLE)
    # Nothing is fetched to show it: without the web font the reader's own monospace serves.
    picture.write_text(re.sub(r"@font-face \{.*?\}\n", "", drawn, flags=re.S), encoding="utf-8")


def played(lines: list[str], rows: int, environment: dict[str, str]) -> list[Text]:
    """What the terminal shows after these lines were typed."""
    screen = pyte.Screen(COLUMNS, rows)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    ioctl(slave, TIOCSWINSZ, pack("HHHH", rows, COLUMNS, 0, 0))
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnrepl"],
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    settle(master, stream, 2.0)
    for line in lines:
        os.write(master, line.encode() + b"\r")
        settle(master, stream, 1.5)
    shown = [styled(screen.buffer[y]) for y in range(rows)]
    os.write(master, b"\x04")
    settle(master, stream, 1.0)
    process.wait(10)
    return shown


def settle(master: int, stream: pyte.ByteStream, quiet: float) -> None:
    """Feeds the terminal until nothing has come for so many seconds."""
    until = time.monotonic() + quiet
    while time.monotonic() < until:
        if select.select([master], [], [], 0.1)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # the program has left
                return
            stream.feed(data)
            if b"\x1b[6n" in data:  # it asks where the cursor is
                cursor = stream.listener.cursor
                os.write(master, f"\x1b[{cursor.y + 1};{cursor.x + 1}R".encode())
            until = time.monotonic() + quiet


def styled(row: dict[int, pyte.screens.Char]) -> Text:
    text = Text()
    for x in range(COLUMNS):
        cell = row[x]
        style = Style(
            color=color(cell.fg),
            bgcolor=color(cell.bg),
            bold=cell.bold,
            italic=cell.italics,
            underline=cell.underscore,
            reverse=cell.reverse,
        )
        text.append(cell.data, style)
    return text


def color(name: str) -> Color | None:
    """A colour as pyte names it: a word, or six hexadecimal digits."""
    if name == "default":
        return None
    try:
        return Color.parse(f"#{name}")
    except ColorParseError:
        return Color.parse({"brown": "yellow"}.get(name, name.replace("bright", "bright_")))


if __name__ == "__main__":
    main()
