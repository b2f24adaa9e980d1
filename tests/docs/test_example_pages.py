"""The prompt lines of the worked examples run, with small texts and networks."""

import importlib.util
import re
from io import StringIO

import pytest

from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.commands import settable
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute
from tests.docs.pages import PAGES, ROOT, blocks
from tests.docs.test_examples import TUNE

SIZES = "--layers 1 --hidden 8 --embed 8 --batch 4 --bptt 16 --precision float32 --epochs 0.05"
SIZED = re.compile(r" --(?:epochs|minutes|hidden|layers|embed) \S+")


def script(name):
    path = ROOT / "docs" / "examples" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def dates(folder):
    made = script("dates")
    made.TEST = 5
    made.write(100)
    return lambda: made.measure("./reversed", reverse=True)


def dna(folder):
    made = script("dna")
    made.write(20)
    return lambda: made.frames("./codons")


def tunes(folder):
    for name in ("train.abc", "valid.abc"):
        (folder / name).write_text(TUNE * 20)
    made = script("tunes")
    return lambda: made.check(made.samples("./tunes", count=1, temperature=0.8))


def units(folder):
    for name in ("train.txt", "held-out.txt"):
        (folder / name).write_text("the dog sat on the mat, and the cat ran too. " * 60)
    made = script("units")
    text = (folder / "held-out.txt").read_text()
    return lambda: made.change(made.rnnrepl.load("./word"), text, 20, 2)


def reviews(folder):
    rows = "".join(f"{n}\t{'좋아요' if n % 2 else '별로'} {n}\t{n % 2}\n" for n in range(80))
    (folder / "ratings.txt").write_text(f"id\tdocument\tlabel\n{rows}", encoding="utf-8")
    script("reviews").write(folder / "ratings.txt")
    return lambda: None


def authors(folder):
    text = "the dog sat on the mat, and the cat ran too. " * 9
    page = PAGES["docs/examples/authors.md"]
    for name in re.findall(r"--class (\w+)=", page):
        for year in (1850, 1860):
            (folder / f"{name}_Novel_{year}.txt").write_text(f"{text}{name}\n")
    made = script("authors")
    made.PASSAGES, made.LENGTH = 1, 60
    made.write(folder)
    return lambda: made.bayes(1)


@pytest.mark.needs_torch
@pytest.mark.parametrize("prepare", [authors, dates, dna, tunes, units, reviews])
def test_all_lines_of_a_page_run(prepare, tmp_path, monkeypatch):
    if prepare in (units, reviews):
        pytest.importorskip("tokenizers")
    monkeypatch.chdir(tmp_path)
    measure = prepare(tmp_path)
    session = Session("shell", Settings(settable()))
    page = "".join(blocks("", PAGES[f"docs/examples/{prepare.__name__}.md"]))
    lines = re.findall("^> (.*)$", page, re.MULTILINE)
    for line in lines:
        short = f"{SIZED.sub('', line)} {SIZES}" if line.startswith(":train ") else line
        screen = Screen("never", StringIO(), StringIO())
        assert execute(short, session, screen), (line, screen.stderr.getvalue())
    assert lines
    measure()
