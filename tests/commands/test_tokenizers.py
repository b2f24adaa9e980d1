"""`tokenizers`: the ones that ship, with their options."""

import pytest

from rnnrepl.commands.tokenizers import tokenizers
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.results.session import Notice


def test_the_shipped_tokenizers_are_listed_and_work(run):
    result = {tokenizer.name: tokenizer for tokenizer in run(tokenizers)}
    assert {"char", "word", "whitespace", "bytes"} <= set(result)
    assert all(tokenizer.broken is None for tokenizer in result.values())
    assert "min_count" in [option.name for option in result["char"].options]


def test_the_options_of_one_are_explained(run):
    eos, about = run(tokenizers, name="bytes")
    assert about.text.startswith("Blanks are tokens.")
    assert (eos.name, eos.choices, eos.default) == ("eos", ("none", "line"), "none")
    assert eos.help == "whether each newline is an end token"
    with pytest.raises(RnnreplError, match="'byte'"):
        run(tokenizers, name="byte")


def test_one_without_options_is_told(run):
    plugin = (
        "from rnnrepl.tokenizer import find\n"
        "class Plain(find('bytes')):\n"
        "    @classmethod\n"
        "    def train(cls, texts):\n"
        "        return cls(range(256))\n"
    )
    paths.user_plugins().mkdir(parents=True, exist_ok=True)
    (paths.user_plugins() / "plain.py").write_text(plugin)
    assert run(tokenizers, name="plain")[0] == Notice("plain has no options.")
