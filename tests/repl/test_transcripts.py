"""Whole sessions as text: a line that begins with `> ` is typed, what follows is the answer.

After a change that is meant, `RNNREPL_TRANSCRIPTS=write pytest tests/repl/test_transcripts.py`
writes them anew; read the difference before it is committed.
"""

import os
from pathlib import Path

import pytest

from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute
from tests.render.terminal import Terminal

TRANSCRIPTS = sorted((Path(__file__).parent.parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_session_goes_as_written(path, session, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")  # a terminal that takes text and nothing else
    monkeypatch.chdir(Path(__file__).parent)
    written = path.read_text(encoding="utf-8")
    replayed = replay(written, session)
    if os.environ.get("RNNREPL_TRANSCRIPTS") == "write":
        path.write_text(replayed, encoding="utf-8")
    else:
        assert replayed == written


def replay(transcript, session):
    """The transcript as the program would write it now."""
    head, *typed = [line for line in transcript.splitlines() if line.startswith(("# ", "> "))]
    lines = [head]
    for line in typed:
        terminal = Terminal()
        screen = Screen(stdout=terminal, stderr=terminal, door="prompt")
        execute(line.removeprefix("> "), session, screen)
        lines += ["", line, *(answer.rstrip() for answer in terminal.getvalue().splitlines())]
    return "\n".join(lines) + "\n"
