"""Whole sessions as text: a line that begins with `> ` is typed, the lines below are the answer.

After an intended change, `RNNREPL_TRANSCRIPTS=write pytest tests/repl/test_transcripts.py` rewrites
the transcripts; review the diff before committing it.
"""

import os
from pathlib import Path

import pytest

from rnnrepl.render import Screen
from tests.render.terminal import Terminal
from tests.repl.conftest import prompt

TRANSCRIPTS = sorted((Path(__file__).parent.parent / "transcripts").glob("*.txt"))
WELCOME = 2  # lines


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_session_matches_its_transcript(path, session, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")  # no escape codes
    monkeypatch.chdir(Path(__file__).parent)
    written = path.read_text(encoding="utf-8")
    replayed = replay(written, session)
    if os.environ.get("RNNREPL_TRANSCRIPTS") == "write":
        path.write_text(replayed, encoding="utf-8")
    else:
        assert replayed == written


def replay(transcript, session):
    """The transcript that the typed lines produce now."""
    title, *typed = [line for line in transcript.splitlines() if line.startswith(("# ", "> "))]
    lines = [title]
    for line in typed:
        terminal = Terminal()
        prompt(session, Screen("auto", terminal, terminal), line.removeprefix("> ") + "\r")
        answer = terminal.getvalue().splitlines()[WELCOME:]
        lines += ["", line, *map(str.rstrip, answer)]
    return "\n".join(lines) + "\n"
