"""Named weights of pickled modules and state_dicts, with and without DataParallel."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.arrays import Storage, Tensor
from rnnrepl.importers.stubs import StubObject
from rnnrepl.importers.weights import state_dict

STORAGE = Storage("Float", 6, np.arange(6, dtype=np.float32))
WEIGHT = Tensor(STORAGE, 0, (2, 3), (3, 1))


def module(class_name="model.RNNModel", *, parameters=None, modules=None):
    return StubObject(class_name, {"_parameters": parameters or {}, "_modules": modules or {}})


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
def test_names_weights_as_a_state_dict_does(value):
    arrays = state_dict(value)
    assert list(arrays) == ["encoder.weight"]
    assert arrays["encoder.weight"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("value", [None, [], {}, {"a": 1}, StubObject("model.RNNModel")])
def test_other_values_have_no_weights(value):
    assert state_dict(value) is None


def test_refuses_a_module_that_contains_itself():
    ring = module()
    ring.attributes["_modules"]["again"] = ring
    with pytest.raises(RnnreplError, match="contains itself"):
        state_dict(ring)


def test_refuses_one_tensor_under_many_names():
    assert len(state_dict({str(k): WEIGHT for k in range(8)})) == 8
    with pytest.raises(RnnreplError, match="many times"):
        state_dict({str(k): WEIGHT for k in range(9)})
