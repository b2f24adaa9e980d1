"""A network from its weights alone: what their shapes say, or one sentence."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers import assembly
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny

CONFIGS = [
    NetworkConfig(vocabulary=7, embed=3, hidden=(4, 5)),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4, 3), tied=True, cell="gru"),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4,), projection=3, tied=True, cell="rnn"),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4,), projection=5, initial="learnt"),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_sizes_cell_and_tying_are_seen_in_the_weights(config):
    assert assembly.network(tiny.weights(config)) == config


def test_a_decoder_that_is_the_encoder_again_is_left_out():
    weights = tiny.weights(CONFIGS[1])
    weights["decoder.weight"] = weights["encoder.weight"].copy()
    assert assembly.network(weights) == CONFIGS[1]
    assert "decoder.weight" not in weights


def test_biases_that_are_not_there_are_zeros():
    weights = tiny.weights(CONFIGS[0])
    for name in [name for name in weights if "bias" in name]:
        del weights[name]
    assert assembly.network(weights) == CONFIGS[0]
    assert weights["rnn.bias_hh_l1"].shape == (20,) and not weights["decoder.bias"].any()


def test_a_cell_that_one_knows_better_is_taken():
    assert assembly.network(tiny.weights(CONFIGS[2]), "relu").cell == "relu"


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"rnn.weight_hr_l0": (2, 4)}, r"unknown here: rnn\.weight_hr_l0"),
        ({"rnn.weight_hh_l0": (9, 4)}, "a cell unknown here: 9 rows for 4"),
        ({"encoder.weight": (3,)}, "encoder.weight are no matrix"),
    ],
)
def test_weights_that_make_no_network_are_named(changes, message):
    weights = tiny.weights(CONFIGS[0]) | {name: np.zeros(n) for name, n in changes.items()}
    with pytest.raises(RnnreplError, match=message):
        assembly.network(weights)


def test_a_network_has_layers():
    with pytest.raises(RnnreplError, match="has 0 recurrent layers"):
        assembly.network({"encoder.weight": np.zeros((2, 2))})
