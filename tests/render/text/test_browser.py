"""The files in a real browser: numbers on hover, and nothing from a text is executed.

Skipped where no Chromium or Chrome is installed.
"""

import os
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from io import StringIO

import pytest

from rnnrepl.render import Screen
from rnnrepl.results.inspection import Activations, GateSaturation, Place
from tests.render.records import score

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs chromium")

# Each of these would change the title of the page, if it were markup.
HOSTILE = "".join(
    f"{before}document.title='changed'{after}"
    for before, after in [
        ("<script>", "</script>"),
        ("</pre></title></text></svg><script>", "</script>"),
        ('<img src="x" onerror="', '">'),
        ('" onmouseover="', '" autofocus onfocus="document.title=1'),
        ("<svg onload=", ">"),
        ("]]><style>*{animation:x}</style><a href='javascript:", "'>"),
    ]
)


PAGE = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "figure",
    "figcaption",
    "pre",
    "span",
    "p",
}
IMAGE = {"svg", "style", "defs", "clippath", "rect", "g", "text", "path", "circle", "title"}


class Tags(HTMLParser):
    """The names of all elements; an attribute that runs or loads something counts as an element."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def handle_starttag(self, tag, attrs):
        self.names |= {tag, *(name for name, _ in attrs if name[:2] == "on" or name == "href")}


def tags(page):
    parser = Tags()
    parser.feed(page)
    return parser.names


def document(tmp_path, format, record):
    """The document after its scripts ran, as the browser writes it."""
    stdout = StringIO()
    Screen(stdout=stdout).show([record], format)
    file = tmp_path / f"page.{format}"
    file.write_text(stdout.getvalue(), encoding="utf-8")
    options = ["--headless", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    options += ["--no-sandbox"] * (os.geteuid() == 0)
    run = subprocess.run(
        [BROWSER, *options, "--virtual-time-budget=2000", "--dump-dom", file.as_uri()],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def activations(text):
    places = tuple(Place(char, number, number + 1) for number, char in enumerate(text))
    values = tuple(number / len(text) for number in range(len(text)))
    return Activations(text, "tiny", "h", places, {"1:2": values})


def gates(model):
    shares = {"closed": 0.5, "open": 0.2, "units_closed": (0.75, 0.25), "units_open": (0.0, 0.4)}
    return GateSaturation(layer=1, gate="forget", tokens=9, model=model, **shares)


def test_a_score_has_its_numbers_on_hover_and_runs_nothing(tmp_path):
    surprisals = [1.5] * len(HOSTILE)
    page = document(tmp_path, "html", score(HOSTILE, surprisals, top=[(HOSTILE, 2.0)]))
    assert page.count('title="') == len(HOSTILE)
    assert "&lt;: 1.500 bits · P 0.3536" in page or "<: 1.500 bits · P 0.3536" in page
    assert "<title>rnnrepl</title>" in page
    assert tags(page) <= PAGE


def test_activations_have_their_values_on_hover_and_run_nothing(tmp_path):
    page = document(tmp_path, "html", activations(HOSTILE))
    assert page.count('title="') == len(HOSTILE)
    assert f's: {1 / len(HOSTILE):.4f}"' in page
    assert "<title>rnnrepl</title>" in page
    assert tags(page) <= PAGE


def test_gates_have_their_shares_on_hover_and_run_nothing(tmp_path):
    page = document(tmp_path, "svg", gates(HOSTILE))
    assert page.count("<circle") == 2
    assert "<title>1:1 closed 0.250, open 0.400</title>" in page
    assert tags(page) <= IMAGE


def test_the_image_of_a_score_runs_nothing(tmp_path):
    record = replace(score(HOSTILE, [1.0] * len(HOSTILE)), model=HOSTILE)
    page = document(tmp_path, "svg", record)
    assert "bits/char" in unescape(page).replace("\xa0", " ")
    assert tags(page) <= IMAGE
