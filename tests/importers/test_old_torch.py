"""Modules as torch 0.3 and 0.4 saved them whole, written here instruction by instruction.

From the sources of those versions: the plain layout, every Module's class as a reference to its
source, parameters and tensors as calls of functions that are gone since.
"""

import pickle
import struct
import sys
from collections import OrderedDict
from io import BytesIO

import pytest
import torch

from tests.importers.originals import HERE, WORDS, check, imported


def named(full):
    """A class that is only a name."""
    module, _, name = full.rpartition(".")
    return CLASSES.setdefault(full, type(name, (), {"__module__": module}))


CLASSES = {}


class Call:
    """What is saved as a call of a function or class, and the state that it is given then."""

    def __init__(self, name, *arguments, state=None):
        self.reduced = (named(name), arguments, state)

    def __reduce__(self):
        return self.reduced


class Storage:
    def __init__(self, kind, tensor):
        self.kind, self.tensor = kind, tensor


class Pickler(pickle._Pickler):
    """As torch.serialization.save made one: names that need not exist, storages kept outside."""

    def __init__(self, stream):
        super().__init__(stream, protocol=2)
        self.storages, self.seen = {}, set()

    def save_global(self, obj, name=None):
        self.write(f"c{obj.__module__}\n{obj.__name__}\n".encode())
        self.memoize(obj)

    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            key = str(self.storages.setdefault(id(obj), (len(self.storages) + 94_000, obj))[0])
            return ("storage", named(f"torch.{obj.kind}"), key, "cpu", obj.tensor.numel(), None)
        if isinstance(obj, type) and hasattr(obj, "module") and obj not in self.seen:
            self.seen.add(obj)
            return ("module", obj, "/home/someone/main.py", "class RNNModel(nn.Module): ...")
        return None


def file(value):
    """The plain layout: magic, version, machine, value, keys, storages."""
    stream = BytesIO()
    sizes = {"short": 2, "int": 4, "long": 4}
    machine = {"protocol_version": 1001, "little_endian": sys.byteorder == "little"}
    for part in (0x1950A86A20F9469CFC6C, 1001, machine | {"type_sizes": sizes}):
        pickle.dump(part, stream, protocol=2)
    pickler = Pickler(stream)
    pickler.dump(value)
    kept = sorted((str(key), storage) for key, storage in pickler.storages.values())
    pickle.dump([key for key, _ in kept], stream, protocol=2)
    for _, storage in kept:
        stream.write(struct.pack("<q", storage.tensor.numel()))
        stream.write(storage.tensor.contiguous().numpy().tobytes())
    return stream.getvalue()


def module(name, parameters=None, modules=None, **attributes):
    """A Module with the attributes that Module.__init__ gave it then."""
    kind = named(name)
    kind.module = True
    found = object.__new__(kind)
    backend = Call("torch.nn.backends.thnn._get_thnn_function_backend")
    found.__dict__ |= {"_backend": backend, "_parameters": OrderedDict(parameters or {})}
    hooks = ("_buffers", "_backward_hooks", "_forward_hooks", "_forward_pre_hooks")
    found.__dict__ |= {name: OrderedDict() for name in hooks}
    found.__dict__ |= {"_modules": OrderedDict(modules or {}), "training": False, **attributes}
    return found


def parameter_0_3(tensor, kind):
    shape = (tuple(tensor.shape), tensor.stride())
    data = Call("torch._utils._rebuild_tensor", Storage(kind, tensor), 0, *shape)
    return Call("torch.nn.parameter.Parameter", data, state=(True, False, OrderedDict()))


def parameter_0_4(tensor, kind):
    rest = (0, tuple(tensor.shape), tensor.stride(), False, OrderedDict())
    data = Call("torch._utils._rebuild_tensor_v2", Storage(kind, tensor), *rest)
    return Call("torch._utils._rebuild_parameter", data, True, OrderedDict())


def model(name, parameter, kind):
    """`model.py` of word_language_model with weights of a fixture."""
    weights = torch.load(HERE / "examples-state.pt", weights_only=False)
    given = {name: parameter(tensor, kind) for name, tensor in weights.items()}

    def of(part):
        return {n.removeprefix(part): p for n, p in given.items() if n.startswith(part)}

    unserializable = object.__new__(named("torch.backends.cudnn.rnn.Unserializable"))
    rnn = {"mode": "LSTM", "dropout_state": {"desc_0": unserializable}, "_data_ptrs": [1 << 40]}
    parts = {
        "drop": module("torch.nn.modules.dropout.Dropout", p=0.5, inplace=False),
        "encoder": module("torch.nn.modules.sparse.Embedding", of("encoder."), sparse=False),
        "rnn": module("torch.nn.modules.rnn.LSTM", of("rnn."), **rnn),
        "decoder": module("torch.nn.modules.linear.Linear", of("decoder.")),
    }
    return module(name, modules=parts, rnn_type="LSTM", nhid=5, nlayers=2)


@pytest.mark.parametrize("name", ["model.RNNModel", "__main__.RNNModel"])
@pytest.mark.parametrize("parameter", [parameter_0_3, parameter_0_4])
@pytest.mark.parametrize("kind", ["FloatStorage", "cuda.FloatStorage"])
def test_a_module_of_an_old_torch_is_read_like_a_new_one(name, parameter, kind, tmp_path):
    (tmp_path / "old.pt").write_bytes(file(model(name, parameter, kind)))
    check("examples-state", imported(tmp_path / "old.pt", tmp_path / "model", vocab=WORDS))


def test_so_is_one_inside_data_parallel(tmp_path):
    inner = {"module": model("model.RNNModel", parameter_0_3, "cuda.FloatStorage")}
    outer = module("torch.nn.parallel.data_parallel.DataParallel", modules=inner, device_ids=[0])
    (tmp_path / "old.pt").write_bytes(file(outer))
    check("examples-state", imported(tmp_path / "old.pt", tmp_path / "model", vocab=WORDS))
