"""The checks pass on a correct model, and each detects its kind of error."""

from importlib.util import find_spec

import numpy as np
import pytest

from rnnrepl import checks
from rnnrepl.errors import RnnreplError
from rnnrepl.results.models import Check
from rnnrepl.results.session import Notice
from rnnrepl.scoring import surprisal
from tests import tiny

MODELS = {
    "char": {},
    "word": {"cell": "gru", "initial": "learnt"},
    "whitespace": {"cell": "rnn", "start": {"token": "<eos>"}},
    "bytes": {"norm": False},
}


@pytest.fixture(params=MODELS)
def model(request, tmp_path):
    return tiny.model(tmp_path / "model", request.param, **MODELS[request.param])


@pytest.fixture
def char(tmp_path):
    return tiny.model(tmp_path / "char")


def examined(model, text=tiny.TEXT):
    return [check for check in checks.examine(model, text) if isinstance(check, Check)]


def off(model, text=tiny.TEXT):
    return [check.name for check in examined(model, text) if not check.ok]


def test_a_correct_model_passes_on_its_own_text(model):
    result = examined(model, checks.own_text(model))
    assert len(result) == (9 if find_spec("torch") else 8) and all(check.ok for check in result)
    assert all(check.figure <= check.limit for check in result)


def test_the_own_text_is_reproducible_and_has_difficult_characters(char):
    text = checks.own_text(char)
    assert text == checks.own_text(char)
    assert "\ud800" in text and "한국어" in text


def test_the_own_text_leaves_out_characters_that_the_tokenizer_refuses(tmp_path):
    model = tiny.model(tmp_path / "strict", outside="error")
    assert off(model, checks.own_text(model)) == []


def test_only_the_beginning_of_a_text_is_checked(char, monkeypatch):
    monkeypatch.setattr(checks, "TOKENS", 5)
    read, measure = [], surprisal.measure
    monkeypatch.setattr(
        surprisal,
        "measure",
        lambda n, ids, *a, **k: (read.append(len(ids)), measure(n, ids, *a, **k))[1],
    )
    assert off(char, "the cat sat on the mat") == [] and max(read) == 5


def test_a_text_without_tokens_is_refused(char):
    with pytest.raises(RnnreplError, match="The text is empty"):
        list(checks.examine(char, ""))


def test_a_single_token_is_enough(char):
    assert off(char, "t") == []


def test_a_distribution_that_does_not_sum_to_one_is_detected(char, monkeypatch):
    measures = surprisal._measures

    def larger(logits, targets, top, ends):
        result = measures(logits, targets, top, ends)
        result.top_nats[:] -= 0.01
        return result

    monkeypatch.setattr(surprisal, "_measures", larger)
    assert off(char) == ["each distribution sums to 1"]


def test_steps_that_differ_from_one_pass_are_detected(char, monkeypatch):
    step = char.network.step
    monkeypatch.setattr(char.network, "step", lambda id, state: step(id, state * 0.99))
    assert off(char) == ["token by token equals one pass"]


def test_a_state_that_leaks_from_text_to_text_is_detected(char, monkeypatch):
    forward = char.network.forward
    monkeypatch.setattr(surprisal, "CHUNK", 50)
    monkeypatch.setattr(
        char.network,
        "forward",
        lambda ids, counts, states: forward(ids, counts, np.roll(states, 1, 0)),
    )
    assert off(char) == ["texts side by side equal each alone"]


def test_a_state_that_is_lost_between_chunks_is_detected(char, monkeypatch):
    forward = char.network.forward
    monkeypatch.setattr(
        char.network, "forward", lambda ids, counts, states: forward(ids, counts, states * 0)
    )
    result = off(char)
    assert "in chunks equals the whole" in result and "a carried state equals one text" in result


@pytest.mark.needs_torch
def test_a_device_with_other_results_is_detected(char, tmp_path, monkeypatch):
    other = tiny.model(tmp_path / "other", seed=1)
    monkeypatch.setattr(type(char), "on", lambda self, device: other)
    assert off(char) == ["numpy equals torch"]


def test_nan_fails_a_check(char, monkeypatch):
    logits = char.network.logits
    monkeypatch.setattr(char.network, "logits", lambda hidden: logits(hidden) * np.nan)
    assert "single precision equals double" in off(char)


def test_without_torch_a_notice_names_the_missing_check(char, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    *result, last = checks.examine(char, tiny.TEXT)
    assert len(result) == 8 and all(isinstance(check, Check) for check in result)
    assert isinstance(last, Notice) and "torch is not installed" in last.text
