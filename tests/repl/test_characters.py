"""The table of characters through which prompt_toolkit draws every cell."""

import re

import pytest
from prompt_toolkit.layout.screen import Char

from rnnrepl.render.sanitize import unsafe
from rnnrepl.repl.characters import show_unsafe_characters


@pytest.fixture(autouse=True)
def mapped(monkeypatch):
    monkeypatch.setattr(Char, "display_mappings", Char.display_mappings)
    show_unsafe_characters()


def test_no_cell_contains_an_unsafe_character():
    for match in re.finditer(unsafe(), "".join(map(chr, range(0x110000)))):
        cell = Char(match[0])
        assert not unsafe().search(cell.char), hex(ord(match[0]))
        assert cell.width == len(cell.char) > 0


@pytest.mark.parametrize("char", ["a", "한", "e\u0301", "👩", " "])
def test_other_characters_are_drawn_as_they_are(char):
    assert Char(char).char == char
