"""The lecture: every line that it types runs, and shows the screen that is printed below it."""

import importlib.util
import re
import shlex
from math import isclose

import pytest

from rnnrepl.cli import main
from tests.docs.pages import PAGES, ROOT

PAGE = PAGES["docs/lecture.md"]
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
BARS = re.compile("[▀-▟ \n]+")  # they are rounded to an eighth of a column


@pytest.fixture(scope="module")
def screens():
    path = ROOT / "docs" / "screens.py"
    spec = importlib.util.spec_from_file_location("screens", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differs(shown, printed):
    """Whether two screens differ in their words, or in a number by more than rounding."""
    numbers = [[float(n.replace(",", "")) for n in NUMBER.findall(s)] for s in (shown, printed)]
    words = [BARS.sub(" ", NUMBER.sub("0", screen)).strip() for screen in (shown, printed)]
    return words[0] != words[1] or not all(
        isclose(a, b, rel_tol=0.05, abs_tol=0.02) for a, b in zip(*numbers, strict=True)
    )


def test_every_screen_is_what_the_program_shows(screens, tmp_path):
    now = screens.parts(screens.with_screens(PAGE, tmp_path))
    changed = [
        f"> {line}\n{new}"
        for (line, printed), (_, new) in zip(screens.parts(PAGE), now, strict=True)
        if differs(new, printed)
    ]
    assert not changed, "\n".join([*changed, "`python docs/screens.py docs/lecture.md` updates."])
    assert len(now) >= 40


@pytest.mark.parametrize("page", ["docs/lecture.md", "docs/lecture.ko.md"])
def test_every_command_in_its_sentences_runs(screens, tmp_path, monkeypatch, page):
    prose = re.sub("^```.*?^```$", "", PAGES[page], flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in re.findall("`(:[a-z][^`]*)`", prose) if " " in line]
    succeeded = []
    run = screens.execute
    monkeypatch.setattr(screens, "execute", lambda *given: succeeded.append(run(*given)))
    screens.with_screens("\n".join(["```", *(f"> {line}" for line in lines), "```", ""]), tmp_path)
    assert succeeded == [True] * len(lines) and len(lines) >= 2


@pytest.mark.needs_torch
def test_its_models_can_be_trained(screens, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats.txt").write_bytes((ROOT / "docs" / "cats.txt").read_bytes())
    trainings = [line for line, _ in screens.parts(PAGE) if line.startswith(":train ")]
    for line in trainings:
        short = re.sub(r"--epochs \d+", "--epochs 0.1", line.removeprefix(":"))
        assert main(shlex.split(short)) == 0
    assert len(trainings) == 3 == len([*tmp_path.glob("*/weights.safetensors")])
