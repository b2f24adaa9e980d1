"""The conformance kit fails on tokenizers that break a law; there is a wrong one for each law."""

import inspect
import re

import pytest

from rnnrepl import testing
from rnnrepl.testing import check_text, check_tokenizer
from tests.tokenizer import wrong, wrong_texts
from tests.tokenizer.right import Right

WRONG = [
    kind
    for module in (wrong, wrong_texts)
    for kind in vars(module).values()
    if inspect.isclass(kind) and kind.__module__ == module.__name__
]


@pytest.fixture(autouse=True)
def short_line(monkeypatch):
    monkeypatch.setattr(testing, "LONG_LINE", "to be or not to be")
    monkeypatch.setattr(testing, "MAX_SECONDS", 1.0)


def test_a_tokenizer_that_keeps_all_laws_passes():
    check_tokenizer(Right)
    check_tokenizer(Right, extra="xyz")


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_breaking_a_law_is_found_and_the_law_named(wrong):
    with pytest.raises(AssertionError) as caught:
        check_tokenizer(wrong)
    assert str(caught.value).startswith(f"A law of tokenizers is broken: {wrong.__doc__}")


def test_each_law_has_a_wrong_tokenizer_here():
    laws = re.findall(r'_law\(\s*f?"([^"]+)"', inspect.getsource(testing))
    tried = {wrong.__doc__ for wrong in WRONG}
    assert len(laws) > 20
    for law in laws:
        pattern = re.sub(r"\\{\w+(\\\.\w+)?\\}", r"\\w+", re.escape(law))
        assert any(re.fullmatch(pattern, doc) for doc in tried), law


def test_a_text_that_breaks_a_law_is_shown_in_short():
    trained = wrong_texts.Tidies.train(["a;"])
    with pytest.raises(AssertionError, match=r": 'aaa[a]*'\.\.\.\.$"):
        check_text(trained, "a" * 100 + ";")
