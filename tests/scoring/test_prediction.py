"""The distribution of the next token."""

import math

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.scoring.prediction import predict
from tests import tiny


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "m", "whitespace")


def after(model, text, **options):
    return predict(
        model.network, model.tokenizer, model.read(text), model="m", text=text, **options
    )


def test_predictions_equal_the_surprisals_of_a_score(model):
    surprisals = {token.text: token.surprisal for token in after(model, "the", top=0).tokens}
    for word in ("cat", "dog"):
        scored = model.score(f"the {word}").tokens[1]
        assert surprisals[word] == pytest.approx(scored.surprisal, rel=1e-5)
    assert after(model, "the").entropy == pytest.approx(scored.entropy, rel=1e-5)


def test_all_tokens_and_the_rest_add_up_to_one(model):
    whole, some = after(model, "the", top=0), after(model, "the", top=3, unit="nats")
    assert len(whole.tokens) == whole.vocabulary and whole.rest == 0
    assert math.fsum(2**-token.surprisal for token in whole.tokens) == pytest.approx(1)
    shown = math.fsum(math.exp(-token.surprisal) for token in some.tokens)
    assert shown + some.rest == pytest.approx(1)


def test_the_likeliest_tokens_come_first_and_the_unknown_one_is_marked(model):
    tokens = after(model, "the", top=0).tokens
    assert [token.surprisal for token in tokens] == sorted(token.surprisal for token in tokens)
    assert [token.id for token in tokens if token.unk] == [model.tokenizer.unk]


def test_a_negative_top_is_refused(model):
    with pytest.raises(RnnreplError, match="top"):
        after(model, "the", top=-1)
