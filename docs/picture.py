"""Draws screen.svg, models.svg, tree.svg and inside.svg: screenshots of the prompt.

    python docs/picture.py [FILE]

FILE is Tiny Shakespeare; inside.svg needs a part of its last tenth. Needs pyte and a POSIX system.
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
HELD_OUT = "held-out.txt"  # from the last tenth of FILE
CHARACTERS = 20_000  # of it
PICTURES = {  # name: (rows of the terminal, lines to type)
    "screen": (
        37,
        [
            ":set seed 1",
            ":score To be, or not to be: that is the qxestion.",
            ":score --format table --top 3 my lord",
            "ROMEO:\x1b\r",  # Esc Enter inserts a newline
        ],
    ),
    "inside": (
        50,
        [
            f":neurons {HELD_OUT} --feature line --top 3",
            ":activations --unit 1:27 --signal c O Romeo, Romeo! wherefore art thou Romeo?\x1b\r"
            "Deny thy father and refuse thy name;\x1b\rOr, if thou wilt not, be but sworn my love,",
            f':ablate {HELD_OUT} --unit 1:27.c --to mean --match "\\n"',
            ":set seed 1",
            ":set clamp 1:27.c=-2",
            "ROMEO:\x1b\r",
        ],
    ),
    "models": (
        44,
        [
            ":models",
            ":load novels-word",
            ":gen --seed 8 --length 60 It was late when",
            ":load reviews-ko",
            ":gen --seed 4 --length 60 이 영화",
            ":score 이 영화 정말 재미있었어요.",
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
    text = Path(sys.argv[1]).read_text(encoding="utf-8") if sys.argv[1:] else ""
    for name, (rows, lines) in PICTURES.items():
        if text or name != "inside":
            held_out = text[len(text) * 9 // 10 :][:CHARACTERS]
            draw(Path(__file__).with_name(f"{name}.svg"), rows, lines, held_out)


def draw(path: Path, rows: int, lines: list[str], held_out: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home, HELD_OUT).write_text(held_out, encoding="utf-8")
        screen = run(lines, rows, home, os.environ | {"RNNREPL_HOME": home})
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for row in screen:
        console.print(row, no_wrap=True, crop=True)
    svg = console.export_svg(title=TITLE)
    # Without the web font the browser uses its own monospace font and loads nothing.
    path.write_text(re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.S), encoding="utf-8")


def run(lines: list[str], rows: int, home: str, environment: dict[str, str]) -> list[Text]:
    """Types lines at the prompt and returns the rows of the terminal."""
    screen = pyte.Screen(COLUMNS, rows)
    stream = pyte.ByteStream(screen)
    master, slave = pty.openpty()
    ioctl(slave, TIOCSWINSZ, pack("HHHH", rows, COLUMNS, 0, 0))
    environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnrepl"],
        cwd=home,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    read(master, stream, 2.0)
    for line in lines:
        os.write(master, line.encode() + b"\r")
        read(master, stream, 1.5)
    result = [styled(screen.buffer[y]) for y in range(rows)]
    os.write(master, b"\x04")
    read(master, stream, 1.0)
    process.wait(10)
    return result


def read(master: int, stream: pyte.ByteStream, quiet: float) -> None:
    """Reads output until there has been none for `quiet` seconds."""
    deadline = time.monotonic() + quiet
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:  # the program has exited
                return
            stream.feed(data)
            if b"\x1b[6n" in data:  # a request for the cursor position
                cursor = stream.listener.cursor
                os.write(master, f"\x1b[{cursor.y + 1};{cursor.x + 1}R".encode())
            deadline = time.monotonic() + quiet


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
    """Converts a color of pyte: a name, or six hexadecimal digits."""
    if name == "default":
        return None
    try:
        return Color.parse(f"#{name}")
    except ColorParseError:
        return Color.parse({"brown": "yellow"}.get(name, name.replace("bright", "bright_")))


if __name__ == "__main__":
    main()
