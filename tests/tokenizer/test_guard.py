"""Plugins that fail in use: one sentence that names the tokenizer, whatever they do."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from rnnrepl import tokenizer
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.cli import main
from rnnrepl.commands import settable
from rnnrepl.errors import FAILED, RnnreplError
from rnnrepl.files import paths
from rnnrepl.model import load
from rnnrepl.render import Screen
from rnnrepl.repl.dispatch import execute
from rnnrepl.testing import CORPUS, check_tokenizer
from rnnrepl.tokenizer import composition
from rnnrepl.tokenizer.discovery import _from_file
from tests import tiny
from tests.tokenizer.test_plugin_files import PLUGIN, put

ENCODED = "Encoding([0] * len(text), range(len(text)), range(1, len(text) + 1))"
FAULTS = [
    "raise ValueError('no')",
    "raise SystemExit",
    "raise BrokenPipeError",
    "raise MemoryError",
    "raise StopIteration",
    "raise GeneratorExit",
    "return self.encode(text)",  # RecursionError
    "return None",
    "return Encoding(None, [], [])",
    "return Encoding([0.0] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([True] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([10**6] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([10**30] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([-5] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([[0]] * len(text), range(len(text)), range(1, len(text) + 1))",
    "return Encoding([0, *[0] * len(text)], range(len(text)), range(1, len(text) + 1))",
    "return Encoding([0] * len(text), range(len(text)), range(2, len(text) + 2))",
    "return Encoding([0] * len(text), [*range(len(text))][::-1], range(1, len(text) + 1))",
]
DECODER = """
class Broken(Lookup):
    def {method}(self, *given):
        {fault}
"""


def plugin(fault, name="mine"):
    put(paths.user_plugins(), name, PLUGIN.replace(f"return {ENCODED}", fault))


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_encode_does_is_one_sentence_in_all_uses(fault, capsys):
    assert f"return {ENCODED}" in PLUGIN
    plugin(fault)
    mine = tokenizer.find("mine").train(["abc"])
    for use in (mine.encode, mine.ids):
        with pytest.raises(RnnreplError, match=r"^The tokenizer 'mine' failed: .*\.$") as caught:
            use("abc")
        assert caught.value.exit_code == FAILED
    assert main(["tokenize", "--tokenizer", "mine", "abc"]) == FAILED
    assert capsys.readouterr().err.startswith("The tokenizer 'mine' failed: ")


@pytest.mark.parametrize("fault", FAULTS[:5])
def test_a_plugin_that_fails_does_not_end_the_prompt(fault, capsys):
    plugin(fault)
    session = Session("prompt", Settings(settable()))
    assert not execute(":tokenize --tokenizer mine abc", session, Screen())
    assert capsys.readouterr().err.startswith("The tokenizer 'mine' failed: ")


@pytest.mark.parametrize("method", ["feed", "flush", "pending", "copy"])
@pytest.mark.parametrize("fault", ["raise SystemExit", "1 / 0", "return 7"])
def test_whatever_a_decoder_does_is_one_sentence(method, fault):
    text = DECODER.format(method=method, fault=fault)
    text = PLUGIN.replace("class Mine", f"from rnnrepl.tokenizer import Lookup\n{text}\nclass Mine")
    put(paths.user_plugins(), "mine", text.replace("return Lookup(", "return Broken("))
    decoder = tokenizer.find("mine").train([]).decoder()
    uses = {
        "feed": lambda: decoder.feed(0),
        "flush": decoder.flush,
        "pending": decoder.pending,
        "copy": lambda: decoder.copy().flush(),
    }
    with pytest.raises(RnnreplError, match=r"^The tokenizer 'mine' failed: "):
        uses[method]()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return cls()", "return None"),
        ("return cls()", "1 / 0"),
        ("return {}", "return []"),
        ("return {}", "return {1: object()}"),
        ('tokens = ["x"]', 'tokens = ["x"]; unk = 3'),
        ('tokens = ["x"]', "tokens = [7]"),
        ('tokens = ["x"]', 'tokens = ["x"]; texts = []'),
        ('tokens = ["x"]', 'tokens = ["x"]; texts = property(lambda self: 1 / 0)'),
    ],
)
def test_the_other_methods_are_guarded_too(before, after):
    put(paths.user_plugins(), "mine", PLUGIN.replace(before, after))
    with pytest.raises(RnnreplError, match=r"^The tokenizer 'mine' failed: .*\.$"):
        mine = tokenizer.find("mine").train(["abc"])
        _ = mine.to_dict(), mine.texts


def test_a_refused_text_is_the_plugins_own_sentence_and_ctrl_c_passes():
    plugin(
        "from rnnrepl.tokenizer import RnnreplError\n"
        "        raise (SystemExit, RnnreplError, KeyboardInterrupt)[len(text)](text)"
    )
    mine = tokenizer.find("mine").train([])
    with pytest.raises(RnnreplError, match=r"^a$"):
        mine.encode("a")
    with pytest.raises(KeyboardInterrupt):
        mine.encode("ab")


def test_a_guarded_plugin_is_what_the_plugin_is():
    source = Path(__file__).parents[1] / "example_package" / "rnnrepl_vowels.py"
    put(paths.user_plugins(), "vowels", source.read_text(encoding="utf-8"))
    kind = tokenizer.find("vowels")
    assert kind is tokenizer.find("vowels")
    assert [option.name for option in tokenizer.options(kind)] == ["min_count"]
    assert inspect.getdoc(kind) == "A vowel with the consonants after it."
    assert inspect.getsourcefile(kind) == str(paths.user_plugins() / "vowels.py")
    check_tokenizer(kind)
    trained = kind.train([CORPUS])
    assert trained.ids(CORPUS).dtype == np.int32
    composing = composition.composing(kind.train(["각 가나 다"]))
    assert isinstance(composing, composition.Composes)


def test_shipped_tokenizers_are_not_wrapped():
    assert tokenizer.find("char").__name__ == "Char"
    assert tokenizer.find("char").__mro__[1] is tokenizer.Tokenizer


def test_a_plugin_that_fails_when_a_model_is_opened_is_not_blamed_on_its_file(tmp_path):
    vowels = Path(__file__).parents[1] / "example_package" / "rnnrepl_vowels.py"
    text = vowels.read_text(encoding="utf-8")
    put(paths.user_plugins(), "mine", text)
    folder = tiny.write(tmp_path / "m", "mine")
    broken = text.replace("matches = list", "raise ValueError('no')\n        matches = list")
    put(paths.user_plugins(), "mine", broken)
    _from_file.cache_clear()
    with pytest.raises(RnnreplError) as caught:
        load(folder)
    assert "opened: The tokenizer 'mine' failed: ValueError: no." in str(caught.value)
    assert "tokenizer.json" not in str(caught.value)
