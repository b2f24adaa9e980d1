"""`tokenizers`: the ones that ship, with their options."""

from rnnrepl.commands.tokenizers import tokenizers


def test_the_shipped_tokenizers_are_listed_and_work(run):
    found = {tokenizer.name: tokenizer for tokenizer in run(tokenizers)}
    assert {"char", "word", "whitespace", "bytes"} <= set(found)
    assert all(tokenizer.broken is None for tokenizer in found.values())
    assert "min_count" in [option.name for option in found["char"].options]
