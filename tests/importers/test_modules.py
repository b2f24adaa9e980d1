"""Weights by name: from a module saved whole, its state_dict, and either in DataParallel."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.modules import inside, tensors, whole
from rnnrepl.importers.pickles import Standin
from rnnrepl.importers.torch_file import Storage, Tensor

STORAGE = Storage("Float", 6, np.arange(6, dtype=np.float32))
WEIGHT = Tensor(STORAGE, 0, (2, 3), (3, 1))


def module(kind="model.RNNModel", *, parameters=None, modules=None):
    return Standin(kind, {"_parameters": parameters or {}, "_modules": modules or {}})


INNER = module(parameters={"weight": WEIGHT, "bias": None})
MODEL = module(modules={"encoder": INNER, "drop": None})


@pytest.mark.parametrize(
    "value",
    [
        MODEL,
        {"encoder.weight": WEIGHT},
        {"module.encoder.weight": WEIGHT},
        module("torch.nn.parallel.data_parallel.DataParallel", modules={"module": MODEL}),
    ],
)
def test_the_names_are_those_of_the_state_dict(value):
    assert tensors(value) == {"encoder.weight": WEIGHT}


@pytest.mark.parametrize("value", [None, [], {}, {"a": 1}, Standin("model.RNNModel")])
def test_what_is_no_module_has_no_weights(value):
    assert tensors(value) is None


def test_a_module_inside_is_found_by_its_name():
    parallel = module("torch.nn.parallel.data_parallel.DataParallel", modules={"module": MODEL})
    assert inside(whole(parallel), "encoder") is INNER
    assert inside(MODEL, "rnn") is None and inside({}, "rnn") is None


def test_a_module_inside_itself_is_refused():
    ring = module()
    ring.attributes["_modules"]["again"] = ring
    with pytest.raises(RnnreplError, match="too deep"):
        tensors(ring)


def test_the_same_weights_under_many_names_are_refused():
    assert len(tensors({str(k): WEIGHT for k in range(8)})) == 8
    with pytest.raises(RnnreplError, match="many times"):
        tensors({str(k): WEIGHT for k in range(9)})
