"""Whole modules of torch 0.3 and 0.4, written here opcode by opcode.

Following the sources of those versions: the legacy layout, with every Module's class and its source
code as a persistent id, and parameters and tensors as calls of functions that were removed since.
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
    """A class with this qualified name."""
    module, _, name = full.rpartition(".")
    return CLASSES.setdefault(full, type(name, (), {"__module__": module}))


CLASSES = {}


class Call:
    """An object that is pickled as a call, with an optional state."""

    def __init__(self, name, *arguments, state=None):
        self.reduced = (named(name), arguments, state)

    def __reduce__(self):
        return self.reduced


class Storage:
    def __init__(self, class_name, tensor):
        self.class_name, self.tensor = class_name, tensor


class Pickler(pickle._Pickler):
    """The pickler of torch.serialization.save: globals need not exist."""

    def __init__(self, stream):
        super().__init__(stream, protocol=2)
        self.storages, self.seen = {}, set()

    def save_global(self, obj, name=None):
        self.write(f"c{obj.__module__}\n{obj.__name__}\n".encode())
        self.memoize(obj)

    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            key = str(self.storages.setdefault(id(obj), (len(self.storages) + 94_000, obj))[0])
            return (
                "storage",
                named(f"torch.{obj.class_name}"),
                key,
                "cpu",
                obj.tensor.numel(),
                None,
            )
        if isinstance(obj, type) and hasattr(obj, "module") and obj not in self.seen:
            self.seen.add(obj)
            return ("module", obj, "/home/someone/main.py", "class RNNModel(nn.Module): ...")
        return None


def file(value):
    """The legacy layout: magic, version, system info, value, keys, storages."""
    stream = BytesIO()
    sizes = {"short": 2, "int": 4, "long": 4}
    system = {"protocol_version": 1001, "little_endian": sys.byteorder == "little"}
    for part in (0x1950A86A20F9469CFC6C, 1001, system | {"type_sizes": sizes}):
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
    """A Module with the attributes that Module.__init__ set in those versions."""
    cls = named(name)
    cls.module = True
    instance = object.__new__(cls)
    backend = Call("torch.nn.backends.thnn._get_thnn_function_backend")
    instance.__dict__ |= {"_backend": backend, "_parameters": OrderedDict(parameters or {})}
    hooks = ("_buffers", "_backward_hooks", "_forward_hooks", "_forward_pre_hooks")
    instance.__dict__ |= {name: OrderedDict() for name in hooks}
    instance.__dict__ |= {"_modules": OrderedDict(modules or {}), "training": False, **attributes}
    return instance


def parameter_0_3(tensor, storage):
    shape = (tuple(tensor.shape), tensor.stride())
    data = Call("torch._utils._rebuild_tensor", Storage(storage, tensor), 0, *shape)
    return Call("torch.nn.parameter.Parameter", data, state=(True, False, OrderedDict()))


def parameter_0_4(tensor, storage):
    rest = (0, tuple(tensor.shape), tensor.stride(), False, OrderedDict())
    data = Call("torch._utils._rebuild_tensor_v2", Storage(storage, tensor), *rest)
    return Call("torch._utils._rebuild_parameter", data, True, OrderedDict())


def model(name, parameter, storage):
    """The module of word_language_model with the weights of a fixture."""
    weights = torch.load(HERE / "examples-state.pt", weights_only=False)
    parameters = {name: parameter(tensor, storage) for name, tensor in weights.items()}

    def of(prefix):
        return {n.removeprefix(prefix): p for n, p in parameters.items() if n.startswith(prefix)}

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
@pytest.mark.parametrize("storage", ["FloatStorage", "cuda.FloatStorage"])
def test_reads_modules_of_old_torch_versions(name, parameter, storage, tmp_path):
    (tmp_path / "old.pt").write_bytes(file(model(name, parameter, storage)))
    check("examples-state", imported(tmp_path / "old.pt", tmp_path / "model", vocab=WORDS))


def test_reads_an_old_module_in_data_parallel(tmp_path):
    inner = {"module": model("model.RNNModel", parameter_0_3, "cuda.FloatStorage")}
    outer = module("torch.nn.parallel.data_parallel.DataParallel", modules=inner, device_ids=[0])
    (tmp_path / "old.pt").write_bytes(file(outer))
    check("examples-state", imported(tmp_path / "old.pt", tmp_path / "model", vocab=WORDS))
