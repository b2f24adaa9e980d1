"""Plugin files: found, listed, and broken ones that affect no others."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rnnrepl import tokenizer
from rnnrepl.errors import USAGE, RnnreplError
from rnnrepl.files import paths

ROOT = Path(__file__).parents[2]

EXTRAS = {"bpe": "tokenizers", "kiwi": "kiwipiepy", "sentencepiece": "sentencepiece"}

SHIPPED = ["bpe", "bytes", "char", "jamo", "kiwi", "regex", "sentencepiece", "whitespace", "word"]


def put(folder, name, text):
    """A plugin file in the user's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")


def listed(name):
    (info,) = [info for info in tokenizer.available() if info.name == name]
    return info


PLUGIN = """
from rnnrepl.tokenizer import Decoder, Encoding, Lookup, Tokenizer

class Mine(Tokenizer):
    '''A single token for any text.

    Details.
    '''
    tokens = ["x"]

    @classmethod
    def train(cls, texts):
        return cls()

    def encode(self, text):
        return Encoding([0] * len(text), range(len(text)), range(1, len(text) + 1))

    def decoder(self):
        return Lookup(self.tokens)

    def to_dict(self):
        return {}

    @classmethod
    def from_dict(cls, data):
        return cls()
"""


def test_the_shipped_tokenizers_are_found_with_a_summary_and_options():
    assert tokenizer.names() == SHIPPED
    for info in tokenizer.available():
        assert info.broken is None and info.summary.endswith(".")
        assert info.source == str(paths.shipped_plugins() / f"{info.name}.py")
    assert [option.name for option in listed("bytes").options] == ["eos"]


def test_a_file_in_the_users_folder_is_a_tokenizer():
    put(paths.user_plugins(), "mine", PLUGIN)
    assert tokenizer.find("mine").train([]).ids("abc").tolist() == [0, 0, 0]
    assert listed("mine").summary == "A single token for any text."


def test_files_that_begin_with_an_underscore_are_ignored():
    put(paths.user_plugins(), "_draft", "raise SystemExit")
    assert "_draft" not in tokenizer.names()


def test_an_unknown_name_is_a_usage_error_that_says_how_to_get_it():
    with pytest.raises(RnnreplError, match="Did you mean 'word'") as caught:
        tokenizer.find("words")
    assert f"put words.py into {paths.user_plugins()}" in str(caught.value)
    assert caught.value.exit_code == USAGE


def test_a_tokenizer_with_a_missing_requirement_is_listed_as_not_installed():
    required = """tokens = ["x"]
    requires = {"json": "json", "nowhere_at_all": "rnnrepl[mine]"}"""
    put(paths.user_plugins(), "mine", PLUGIN.replace('tokens = ["x"]', required))
    info = listed("mine")
    assert (info.broken, info.install) == (None, "rnnrepl[mine]")
    assert info.summary == "A single token for any text."
    with pytest.raises(RnnreplError, match=r"'mine' is not installed: pip install rnnrepl\[mine\]"):
        tokenizer.find("mine")


@pytest.mark.parametrize(("name", "extra"), EXTRAS.items())
def test_a_shipped_tokenizer_without_its_library_names_the_extra_to_install(
    name, extra, monkeypatch
):
    def without(module, real=importlib.util.find_spec):
        return None if module == extra else real(module)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    assert (listed(name).broken, listed(name).install) == (None, f"rnnrepl[{name}]")
    assert listed(name).summary and listed(name).options
    with pytest.raises(RnnreplError, match=rf"'{name}' is not installed: pip install rnnrepl\["):
        tokenizer.find(name)


def test_each_extra_installs_the_requirements_of_its_tokenizer():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, library in EXTRAS.items():
        assert dict(tokenizer.find(name).requires) == {library: f"rnnrepl[{name}]"}
        assert [re.match(r"\w+", requirement)[0] for requirement in extras[name]] == [library]


def test_two_of_one_name_are_an_error_that_names_both():
    put(paths.user_plugins(), "word", PLUGIN)
    with pytest.raises(RnnreplError, match="Two tokenizers are called 'word'") as caught:
        tokenizer.find("word")
    for folder in (paths.shipped_plugins(), paths.user_plugins()):
        assert str(folder / "word.py") in str(caught.value)
    assert listed("word").broken == str(caught.value)
    assert listed("char").broken is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named"),
        ("def (", "SyntaxError: "),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class Rare(BaseException): ...\nraise Rare('one\\ntwo')", "Rare: one."),
        ("raise ValueError('x' * 10**6)", "ValueError: xxx"),
        ("class Rude(Exception):\n    def __str__(self): 1 / 0\nraise Rude", "Rude."),
        ("print('Hello')\n" + PLUGIN, "it prints when it is imported: 'Hello'."),
        ("import sys\nsys.stdout.close()\nprint('Hello')", "ValueError: I/O operation on closed"),
        ("input()", "EOFError"),
        (PLUGIN.replace("tokens =", "requires = 3\n    tokens ="), "AttributeError: "),
        (PLUGIN.replace("texts):", "texts, *, n: int = object()):"), "the default of n is invalid"),
        ("x = 1", "it has 0 classes that inherit Tokenizer, not one"),
        (PLUGIN + PLUGIN.replace("Mine", "Yours"), "it has 2 classes"),
        (PLUGIN.replace("def encode", "def code"), "it lacks encode"),
        (PLUGIN.replace("texts):", "texts, *, n: 'Nothing' = 1):"), "NameError: name 'Nothing'"),
    ],
)
def test_a_broken_plugin_is_listed_with_its_reason_and_does_not_affect_others(text, reason):
    put(paths.user_plugins(), "wreck", text)
    with pytest.raises(RnnreplError) as caught:
        tokenizer.find("wreck")
    assert f"'wreck' ({paths.user_plugins() / 'wreck.py'}) is broken: {reason}" in str(caught.value)
    assert listed("wreck").broken == str(caught.value)
    assert [info.name for info in tokenizer.available() if not info.broken] == SHIPPED


@pytest.mark.parametrize("text", ["print('Hello')", "import os\nos.write(1, b'Hello')"])
def test_what_a_plugin_writes_does_not_get_into_the_data(text):
    put(paths.user_plugins(), "loud", f"{text}\n{PLUGIN}")
    words = [sys.executable, "-m", "rnnrepl", "tokenizers", "--format", "json"]
    done = subprocess.run(words, capture_output=True, check=True, cwd=ROOT)
    assert {json.loads(line)["name"] for line in done.stdout.splitlines()} == {*SHIPPED, "loud"}
    assert not done.stderr


def test_what_a_tokenizer_prints_later_does_not_get_into_the_data():
    put(paths.user_plugins(), "loud", PLUGIN.replace("return Enc", "print('Hello'); return Enc"))
    words = ["-m", "rnnrepl", "tokenize", "a", "--tokenizer", "loud", "--format", "json"]
    done = subprocess.run([sys.executable, *words], capture_output=True, check=True, cwd=ROOT)
    assert all(json.loads(line) for line in done.stdout.splitlines()) and b"Hello" in done.stderr


def test_a_pipe_among_the_plugins_is_a_broken_one():
    paths.user_plugins().mkdir(parents=True)
    os.mkfifo(paths.user_plugins() / "wreck.py")
    assert "it is a pipe, not a file" in listed("wreck").broken
