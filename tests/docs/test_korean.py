"""The pages in Korean show what the English ones show."""

import re

import pytest

from tests.docs.pages import PAGES

NOTE = re.compile(r"(?<=\S)  +\S*[^\x00-\x7f].*| {2,}[a-z].*")  # behind a command, in its language


def code(page):
    return re.findall(r"^```(\w*)\n(.*?)^```$", PAGES[page], re.DOTALL | re.MULTILINE)


def test_the_lecture_has_the_same_screens():
    assert code("docs/lecture.ko.md") == code("docs/lecture.md")
    assert headings("docs/lecture.ko.md") == headings("docs/lecture.md")


def test_the_readme_has_the_same_commands():
    english, korean = (
        [
            (language, [NOTE.sub("", line) for line in text.splitlines()])
            for language, text in blocks
        ]
        for blocks in (code("README.md"), code("README.ko.md"))
    )
    assert korean == english
    assert headings("README.ko.md") == headings("README.md")
    assert figures("README.ko.md") == figures("README.md")


@pytest.mark.parametrize("page", ["README.ko.md", "docs/lecture.ko.md"])
def test_each_language_links_to_the_other(page):
    english = page.replace(".ko", "")
    assert f"[English]({english.split('/')[-1]})" in PAGES[page]
    assert f"[한국어]({page.split('/')[-1]})" in PAGES[english]


def headings(page):
    return [len(marks) for marks in re.findall("^(#+) ", PAGES[page], re.MULTILINE)]


def figures(page):
    """The numbers in the rows of the shipped models."""
    rows = re.findall(r"^\| `[a-z]+-\w+` \|.*$", PAGES[page], re.MULTILINE)
    return [re.findall(r"\d[\d.,]*\d", row) for row in rows]
