"""Generated conversations and command lines at the prompt: no bug, no end, in bounded time."""

import json
import random
import signal
from io import BytesIO, StringIO, TextIOWrapper

import pytest

from rnnrepl import checks, commands
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.files import paths
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute
from tests import tiny
from tests.robustness import interrupt, peak_memory, seeds
from tests.robustness.mutations import mutated_json

CONVERSATIONS, LINES = 500, 10_000
SECONDS = 2.0  # for one line, which Ctrl-C ends then; the rest of a second is for a slow machine

WORDS = ["", "x", "-1", "0", "2", "0.5", "1e999", "nan", "9" * 400, "-", "--", "'", '"', "\\"]
WORDS += [
    "~nouser/x",
    "a\0b",
    "\ud800",
    "\u202e",
    "tiny",
    "words",
    "saved.json",
    "0:1=2",
    "[",
    "(a",
]
WORDS += [
    "/dev/null",
    "the cat",
    "\n",
    "yes",
    "json",
    "x" * 300,
    "*a*",
    "0:3",
    "한국어",
    "👩\u200d👧",
]

SKIPPED = {"train"}  # starts a process for each line
MEMORY = 1 << 30  # bytes that a test may add to the peak of the process


@pytest.fixture
def prompt(home, tmp_path, monkeypatch):
    """Returns a function that executes lines in a new session, and returns stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO()))
    monkeypatch.setattr(checks, "TOKENS", 20)
    tiny.write(paths.user_models() / "tiny")
    tiny.write(paths.user_models() / "words", "whitespace")

    previous = signal.signal(signal.SIGALRM, interrupt)
    session = None

    def prompt(*lines, new=True):
        nonlocal session
        if new or session is None:
            session = Session("prompt", Settings(commands.settable()), "tiny")
            session.settings.set("length", "5", "the test")
            session.settings.set("seed", "1", "the test")
        screen = Screen("never", StringIO(), StringIO(), interface="prompt")
        for line in lines:
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            try:
                execute(line, session, screen)
            except KeyboardInterrupt:
                pass
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
        return screen.stderr.getvalue()

    yield prompt
    signal.signal(signal.SIGALRM, previous)


@pytest.mark.parametrize("seed", seeds(1))
def test_a_damaged_conversation_is_opened_or_refused_in_one_sentence(prompt, tmp_path, seed):
    prompt("the cat", "", ":mark here", ":undo", " sat", ":back 2", "dog", ":save saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text())
    rng, before = random.Random(13 + 100 * seed), peak_memory()
    ways = [
        "the",
        "",
        ":undo",
        ":redo",
        ":back 2",
        ":tree",
        ":branch",
        ":goto here",
        ":retry",
        ":more",
    ]
    ways += [":export x.md --replace", ":save y.json --replace", ":open y.json", ":next", ":show"]
    damaged = tmp_path / "damaged.json"
    opened = 0
    for _ in range(CONVERSATIONS):
        damaged.write_bytes(mutated_json(rng, saved))
        lines = [f":load {rng.choice(['tiny', 'tiny', 'words'])}", ":open damaged.json"]
        stderr = prompt(*lines)
        assert "Traceback" not in stderr, (stderr, damaged.read_bytes())
        assert len(stderr.splitlines()) <= 3, stderr
        opened += "Node" in stderr or "At the beginning" in stderr
        stderr = prompt(*rng.choices(ways, k=4), new=False)
        assert "Traceback" not in stderr, (stderr, damaged.read_bytes())
    assert CONVERSATIONS / 10 < opened < CONVERSATIONS
    assert peak_memory() - before < MEMORY


@pytest.mark.parametrize("seed", seeds(1))
def test_no_command_line_ends_the_prompt_or_shows_a_traceback(prompt, seed):
    rng, before = random.Random(14 + 100 * seed), peak_memory()
    names = [name for name in commands.NAMES if name not in SKIPPED]
    prompt("the cat", ":save saved.json")
    for number in range(LINES):
        line = _line(rng, rng.choice(names))
        stderr = prompt(line, new=number % 50 == 0)
        assert "Traceback" not in stderr, (line, stderr)
    assert peak_memory() - before < MEMORY


def _line(rng, name):
    """A line with options of the command, of which some have absurd values."""
    words = [f":{name}"]
    options = commands.find(name).options
    for option in rng.sample(options, min(len(options), rng.randrange(4))):
        words.append(rng.choice([*option.flags]))
        if option.takes_value and rng.random() < 0.9:
            words.append(rng.choice([*option.choices, *WORDS]))
    return " ".join([*words, *rng.choices(WORDS, k=rng.randrange(3))])
