"""Messages about tokens that a model does not know."""

import pytest

from rnnrepl.results.session import unknown_tokens


@pytest.mark.parametrize(
    ("names", "count", "total", "text"),
    [
        (["\t"], 3, 9, "3 of 9 tokens are unknown to the model: '\\t'"),
        ([" ", "\u00a0", "a "], 3, 9, "3 of 9 tokens are unknown to the model: ' ', '\\xa0', 'a'"),
        (["q"], 1, 8, "1 of 8 tokens is unknown to the model: 'q'"),
        ([], 1, 1, "1 of 1 token is unknown to the model"),
    ],
)
def test_unknown_tokens_are_counted_and_named_visibly(names, count, total, text):
    assert unknown_tokens(names, count, total).text == text
