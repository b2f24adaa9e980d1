"""The whole program in a real terminal of 80 columns, seen as a person sees it."""

import os
import re
import subprocess
import sys
import time

import pyte
import pytest

from rnnrepl import commands
from rnnrepl.files import paths
from tests import tiny
from tests.training import tiny as corpora

pty = pytest.importorskip("pty")
PATIENCE = 60  # seconds until we give up, on the slowest machine


class Person:
    """Types at the program and looks at its screen."""

    def __init__(self, *words, stdout=None, **environment):
        import fcntl
        import struct
        import termios

        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.screen = pyte.Screen(80, 24)
        self.stream = pyte.ByteStream(self.screen)
        self.screen.write_process_input = self.type  # a terminal answers where its cursor is
        self.raw = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rnnrepl", *words],
            stdin=slave,
            stdout=stdout or slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color"} | environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def sees(self, text):
        """Waits until the text stands on the screen, and gives the screen's lines."""
        return self.waits(lambda lines: text in "\n".join(lines))

    def waits(self, condition):
        """Waits until the lines of the screen fulfil a condition, and gives them."""
        import select

        deadline = time.monotonic() + PATIENCE
        while not condition(lines := [line.rstrip() for line in self.screen.display]):
            assert time.monotonic() < deadline, "\n".join(lines)
            if select.select([self.master], [], [], 1)[0]:
                data = os.read(self.master, 1 << 16)
                self.raw += data
                self.stream.feed(data)
        return lines

    def leaves(self, keys=":quit\r"):
        self.type(keys)
        return self.process.wait(PATIENCE)


@pytest.fixture
def sit_down(home, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    tiny.write(paths.user_models() / "tiny")
    people = []

    def sit_down(*words, **environment):
        people.append(Person(*words, **environment))
        return people[-1]

    yield sit_down
    for person in people:
        person.process.kill()
        person.process.wait()
        os.close(person.master)


def test_a_session_from_the_first_prompt_to_the_last(sit_down):
    person = sit_down("tiny")
    lines = person.sees("nothing read yet")
    assert lines[0].startswith("rnnrepl ") and lines[3] == ">"
    assert lines[23].startswith(" tiny · cpu · temperature 0.8") and len(lines[23]) <= 80

    person.type(":sc")
    summary = commands.find("score").summary
    assert summary in person.sees(summary)[4]
    person.type("\tthe cat\r")
    person.sees("surprisal")
    assert b"38;5;" in person.raw  # coloured

    person.type("the dog\r")
    person.sees("tokens read")
    person.type("the d")
    person.sees("> the dog")  # suggested
    person.type("\x03")
    person.type("\x03")
    person.sees("Ctrl-D leaves; :help")
    assert person.leaves() == 0


def test_ctrl_d_leaves(sit_down):
    person = sit_down("tiny")
    person.sees("nothing read yet")
    assert person.leaves("\x04") == 0


def test_ctrl_c_stops_generation_and_the_prompt_is_back(sit_down):
    person = sit_down("tiny")
    person.sees("nothing read yet")
    person.type(":gen --length 100000000 the\r")
    while len(person.raw) < 5000:
        person.stream.feed(data := os.read(person.master, 4096))
        person.raw += data
    person.type("\x03")
    person.sees("tokens read")
    assert person.leaves() == 0


def test_the_prompt_is_live_while_a_run_goes_on(sit_down, tmp_path):
    person = sit_down("tiny", OMP_NUM_THREADS="1")
    person.sees("nothing read yet")
    size = "--layers 1 --hidden 8 --batch 4 --bptt 8 --precision float32 --device cpu"
    text = corpora.corpus(tmp_path).rename(tmp_path / "moby.txt")
    person.type(f":train {text} --background --minutes 4 {size} --track so\r")
    person.sees("moby-char is getting ready")
    person.type("the d")
    person.sees("moby-char learns in the background; :watch moby-char")  # above the line
    person.waits(lambda lines: "> the d" in lines)
    person.sees(" moby-char ")  # below it
    person.type("og\r")
    person.sees("tokens read")  # by the model that was there

    person.type(":watch\r")
    person.sees("│ track –")
    person.waits(lambda lines: any(re.match(r"│ track \S+ bits, ", line) for line in lines))
    person.type("\x03")
    person.type(":load moby-char\r")
    person.sees("moby-char: lstm 1×8")
    person.type(":score so it is.\r")
    person.sees("start zeros")

    person.type(":stop\r")
    person.sees("moby-char: stopped, what was learnt is kept")
    person.type(":runs\r")
    person.sees(" stopped ")
    assert person.leaves() == 0


def test_no_color_sends_none(sit_down):
    person = sit_down("tiny", NO_COLOR="1")
    person.sees("nothing read yet")
    person.type(":score the cat\r")
    person.sees("surprisal")
    assert (
        b"38;5;" not in person.raw and b"38;2;" not in person.raw and b"\x1b[31m" not in person.raw
    )
    assert person.leaves() == 0


def test_a_dumb_terminal_works_without_escapes(sit_down):
    person = sit_down("tiny", TERM="dumb")
    person.waits(lambda lines: ">" in lines)
    person.type(":score the cat\r")
    person.sees("digits: surprisal in bits")
    person.waits(lambda lines: ">" in lines)
    assert b"\x1b[" not in person.raw
    assert person.leaves() == 0


def test_the_prompt_stays_on_the_terminal_where_output_goes_into_a_file(sit_down, tmp_path):
    with (tmp_path / "out.txt").open("wb") as file:
        person = sit_down("tiny", stdout=file)
        person.sees("nothing read yet")
        person.type(":score --format json the cat\r")
        person.type("the\r")
        person.sees("tokens read")
        assert person.leaves() == 0
    score, text = (tmp_path / "out.txt").read_text().split("\n", 1)
    assert score.startswith('{"text": "the cat"') and text.startswith("the")
