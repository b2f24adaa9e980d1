"""assembly: infers the network from weights, or refuses them."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny

CONFIGS = [
    NetworkConfig(vocabulary=7, embed=3, hidden=(4, 5)),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4, 3), tied=True, cell="gru"),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4,), projection=3, tied=True, cell="rnn"),
    NetworkConfig(vocabulary=7, embed=3, hidden=(4,), projection=5, initial="learnt"),
]


@pytest.mark.parametrize("config", CONFIGS)
def test_infers_sizes_cell_and_tying(config):
    assert assemble(tiny.weights(config))[0] == config


def test_drops_a_decoder_equal_to_the_encoder():
    weights = tiny.weights(CONFIGS[1])
    copied = weights | {"decoder.weight": weights["encoder.weight"].copy()}
    network, complete = assemble(copied)
    assert network == CONFIGS[1]
    assert "decoder.weight" not in complete and "decoder.weight" in copied


def test_adds_missing_biases_as_zeros_and_leaves_its_argument_unchanged():
    weights = {n: array for n, array in tiny.weights(CONFIGS[0]).items() if "bias" not in n}
    network, complete = assemble(weights)
    assert network == CONFIGS[0] and "decoder.bias" not in weights
    assert complete["rnn.bias_hh_l1"].shape == (20,) and not complete["decoder.bias"].any()


def test_a_given_cell_overrides_the_inferred_one():
    assert assemble(tiny.weights(CONFIGS[2]), "relu")[0].cell == "relu"


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"rnn.weight_hr_l0": (2, 4)}, r"unknown weights: rnn\.weight_hr_l0"),
        ({"rnn.weight_hh_l0": (9, 4)}, "an unknown cell: 9 rows for 4 units"),
        ({"encoder.weight": (3,)}, "encoder.weight are not a matrix"),
        ({"rnn.bias_ih_l0": (9,)}, r"rnn.bias_ih_l0 have shape \(9,\), not \(16,\)"),
    ],
)
def test_names_weights_that_do_not_fit(changes, message):
    weights = tiny.weights(CONFIGS[0]) | {name: np.zeros(n) for name, n in changes.items()}
    with pytest.raises(RnnreplError, match=message):
        assemble(weights)


def test_refuses_weights_without_recurrent_layers():
    with pytest.raises(RnnreplError, match="has 0 recurrent layers"):
        assemble({"encoder.weight": np.zeros((2, 2))})
