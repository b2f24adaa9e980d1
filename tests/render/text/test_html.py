from html.parser import HTMLParser
from io import StringIO
from xml.etree import ElementTree

import pytest

from rnnrepl.render import Screen
from tests.render.records import score

SPACE = "http://www.w3.org/2000/svg"


def written(format, *records):
    stdout = StringIO()
    Screen(stdout=stdout).show(records, format)
    return stdout.getvalue()


class Page(HTMLParser):
    """The text inside <pre>, and the titles of its spans."""

    def __init__(self, text):
        super().__init__()
        self.titles, self.text, self.inside = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside |= tag == "pre"
        if "title" in dict(attrs):
            self.titles.append(dict(attrs)["title"])

    def handle_endtag(self, tag):
        self.inside &= tag != "pre"

    def handle_data(self, data):
        if self.inside:
            self.text += data


def test_html_has_the_text_as_typed_and_the_numbers_on_hover():
    page = Page(
        written("html", score("a<\nb", [1.0, 2.0, 3.0, 0.5, 1.5], eos=True, top=[("&", 1.0)]))
    )
    assert page.text == "\na<⏎\nb¶"
    assert page.titles[1] == "<: 2.000 bits · P 0.2500 · rank 2 · entropy 2.500 bits · & 0.5000"
    assert page.titles[-1].startswith("¶: 1.500 bits")


def test_html_lists_every_token_of_a_shared_character():
    page = Page(written("html", score("한", [1.0, 2.0], [(0, 1), (0, 1)])))
    assert len(page.titles) == 1 and page.titles[0].count("\n") == 1


def test_html_keeps_text_outside_tokens():
    assert Page(written("html", score("a  b\n", [1.0, 1.0], [(0, 1), (3, 4)]))).text == "\na  b\n"


def test_html_sanitizes_control_characters():
    assert "\x1b" not in written("html", score("\x1b", [1.0]))


def test_svg_is_well_formed_and_contains_the_text():
    root = ElementTree.fromstring(written("svg", score("a<한", [1.0, 2.0, 13.0])))
    text = "".join(root.itertext())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert all(sign in text for sign in ("a", "<", "한", "bits/char", "12+"))


def test_wide_characters_of_an_svg_have_two_cells_each():
    root = ElementTree.fromstring(written("svg", score("ab한글", [1.0, 1.0, 13.0, 13.0])))
    widths = {text.text: float(text.get("textLength", 0)) for text in root.iter(f"{{{SPACE}}}text")}
    assert widths["한글"] == 2 * widths["ab"]


@pytest.mark.parametrize("format", ["html", "svg"])
def test_a_file_loads_nothing_from_the_web(format):
    text = written(format, score("ab", [1.0, 2.0]), score("c", [3.0]))
    assert text.replace("http://www.w3.org/2000/svg", "").count("http") == 0


@pytest.mark.parametrize("format", ["html", "svg"])
def test_without_scores_the_file_is_still_valid(format):
    assert written(format).rstrip().endswith(f"</{format}>")


@pytest.mark.parametrize("format", ["html", "svg"])
def test_the_map_can_show_ranks(format):
    stdout = StringIO()
    Screen(stdout=stdout, heat="rank").show([score("ab", [1.0, 1.0])], format)
    assert "1,001+" in stdout.getvalue()
