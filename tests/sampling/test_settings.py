"""Sampling settings: valid values, active samplers and their order."""

from dataclasses import fields

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.settings import SAMPLERS


@pytest.mark.parametrize(
    "setting",
    [
        {"temperature": -1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_k": -1},
        {"top_p": 0},
        {"top_p": 1.5},
        {"min_p": -0.1},
        {"min_p": 2},
        {"typical": 0},
        {"repetition_penalty": 0},
        {"presence_penalty": float("inf")},
        {"dry_allowed": 0},
        {"xtc": 1.1},
        {"bias": ("the",)},
        {"bias": ("the=much",)},
        {"bias": ("=1",)},
        {"bias": ("the=inf",)},
    ],
)
def test_a_value_out_of_range_is_refused(setting):
    with pytest.raises(RnnreplError, match=next(iter(setting))) as caught:
        Sampling(**setting)
    assert caught.value.exit_code == 2


def test_only_temperature_is_active_by_default():
    assert Sampling().samplers() == ("temperature",)
    assert Sampling(temperature=1).samplers() == ()


def test_active_samplers_are_in_the_default_order():
    sampling = Sampling(min_p=0.1, top_k=5, dry=1, mirostat=5, frequency_penalty=0.1)
    expected = ("penalties", "dry", "temperature", "top_k", "min_p", "mirostat")
    assert sampling.samplers() == expected


def test_samplers_of_an_order_come_first_then_the_others():
    sampling = Sampling(min_p=0.1, top_k=5, xtc=0.5, order="xtc, min-p,temperature")
    assert sampling.samplers() == ("xtc", "min_p", "temperature", "top_k")


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("top_q", "There is no sampler 'top_q'. Did you mean 'top_p'?"),
        ("top_k,top_k", "twice"),
    ],
)
def test_an_invalid_order_is_refused(order, message):
    with pytest.raises(RnnreplError) as caught:
        Sampling(order=order)
    assert message in str(caught.value)


def test_the_settings_that_switch_samplers_off_exist():
    known = {field.name for field in fields(Sampling)}
    assert all(known >= set(settings) for settings in SAMPLERS.values())


def test_a_bias_is_a_token_and_a_number():
    assert Sampling(bias=("the=1.5", "==-2")).biases() == {"the": 1.5, "=": -2.0}


def test_recorded_settings_are_the_common_ones_and_changed_ones():
    settings = Sampling(xtc=0.5, ban=("x",)).settings()
    assert settings == {
        "temperature": 0.8,
        "top_k": 0,
        "top_p": 1.0,
        "min_p": 0.0,
        "allow_unk": False,
        "xtc": 0.5,
        "ban": ("x",),
    }
