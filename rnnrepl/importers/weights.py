"""Sets of named weights in a file: state_dicts, whole modules, dicts of arrays, wrapped or not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnrepl.importers import tree
from rnnrepl.importers.arrays import NumpyArray, Tensor
from rnnrepl.importers.stubs import StubObject, damaged
from rnnrepl.rnn.network import Floats

MAX_REPEATS = 8  # how often views may repeat the elements of their storages
_PARAMETRIZED = re.compile(r"(.*?)parametrizations\.(\w+)\.original([01])")
_WRAPPERS = ("module.", "_orig_mod.")  # of DataParallel and torch.compile


@dataclass(frozen=True, eq=False)
class WeightSet:
    """Float arrays by name, and the classes and attributes of the modules that hold them.

    `path` says where in the file they are; it is empty at the top. `modules` maps the path of a
    submodule to its stub, and is empty for a state_dict.
    """

    path: str
    arrays: dict[str, Floats]
    modules: dict[str, StubObject] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(array.size for array in self.arrays.values())


def state_dict(value: Any) -> dict[str, Floats] | None:
    """The float arrays of a module, or of a state_dict, by name; None for other values.

    Raises RnnreplError where the weights have many times more elements than the file.
    """
    if is_module(value):
        return _float_arrays(_named(dict(_submodules(value))))
    if isinstance(value, dict) and value and all(isinstance(t, Tensor) for t in value.values()):
        return _float_arrays({str(name): tensor for name, tensor in value.items()})
    return None


def weight_sets(root: Any) -> list[WeightSet]:
    """All sets of weights in a tree of values, outermost first.

    Raises RnnreplError where the weights have many times more elements than the file.
    """
    sets, inside_modules = [], set[str]()
    for path, value in tree.walk(root):
        if any(path.startswith(f"{module}.") or not module for module in inside_modules):
            continue
        if is_module(value):
            modules = dict(_submodules(value))
            named = _named(modules)
            inside_modules.add(path)
        else:
            modules, named = {}, dict(tree.children(value))
        if arrays := _without_normalisation(_without_moments(_float_arrays(named))):
            modules = {_unwrapped(f"{name}.").removesuffix("."): m for name, m in modules.items()}
            sets.append(WeightSet(path, arrays, modules))
    if len(sets) > 1:  # encoder and decoder, for example, may be saved as separate state_dicts
        sets.append(_union(sets))
    return sets


def is_module(value: Any) -> bool:
    """Whether this is the stub of a `torch.nn.Module`."""
    return isinstance(value, StubObject) and isinstance(value.attributes.get("_modules"), dict)


def _union(sets: list[WeightSet]) -> WeightSet:
    arrays = {tree.join(s.path, name): array for s in sets for name, array in s.arrays.items()}
    modules = {tree.join(s.path, name): stub for s in sets for name, stub in s.modules.items()}
    return WeightSet("", arrays, modules)


def _submodules(root: StubObject) -> Iterator[tuple[str, StubObject]]:
    """The paths and stubs of a module and all modules in it, each once."""
    seen: set[int] = set()
    stack = [("", root)]
    while stack:
        path, module = stack.pop()
        if id(module) in seen:
            raise damaged("a module contains itself")
        seen.add(id(module))
        yield path, module
        held = module.attributes.get("_modules")
        inner = list(held.items()) if isinstance(held, dict) else []
        stack += [(tree.join(path, str(n)), m) for n, m in inner[::-1] if isinstance(m, StubObject)]


def _named(modules: Mapping[str, StubObject]) -> dict[str, Any]:
    """The parameters and buffers of modules by their paths."""
    named: dict[str, Any] = {}
    for prefix, module in modules.items():
        for kind in ("_parameters", "_buffers"):
            held = module.attributes.get(kind)
            if isinstance(held, dict):
                named |= {tree.join(prefix, str(name)): value for name, value in held.items()}
    return named


def _float_arrays(named: Mapping[str, Any]) -> dict[str, Floats]:
    """The float arrays among some values, with dimensions of size 1 removed from vectors."""
    arrays: dict[str, Floats] = {}
    elements, storages = 0, dict[int, int]()
    for name, value in named.items():
        match value:
            case Tensor():
                array = value.array()
                storages[id(value.storage)] = value.storage.size
                elements += value.size
            case NumpyArray() if value.is_numeric:
                array = value.array()
            case np.ndarray():
                array = value
            case _:
                continue
        if array.dtype.kind == "f" and array.ndim and array.size:
            arrays[_unwrapped(name)] = array
    if elements > MAX_REPEATS * sum(storages.values()):
        raise damaged("its tensors repeat the same weights many times")
    return arrays


def _without_moments(arrays: dict[str, Floats]) -> dict[str, Floats]:
    """Drops the memory of Adagrad in numpy programs: mWxh beside Wxh."""

    def is_moment(name: str) -> bool:
        weight = arrays.get(name[1:])
        return name[:1] in "mvd" and weight is not None and weight.shape == arrays[name].shape

    return {name: array for name, array in arrays.items() if not is_moment(name)}


def _without_normalisation(arrays: dict[str, Floats]) -> dict[str, Floats]:
    """Replaces g and v of `torch.nn.utils.weight_norm` by the weight, g v / |v| by rows."""
    plain = dict(arrays)
    for name, v in arrays.items():
        weight = name.removesuffix("_v")
        g = arrays.get(f"{weight}_g")
        if weight != name and g is not None and v.ndim == 2 and g.shape == (len(v), 1):
            del plain[name], plain[f"{weight}_g"]
            norm = np.linalg.norm(v, axis=1, keepdims=True)
            plain[weight] = g * v / np.maximum(norm, np.finfo(np.float32).tiny)
    return plain


def _unwrapped(name: str) -> str:
    while name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
    if match := _PARAMETRIZED.fullmatch(name):  # how torch names g and v since 2.0
        return f"{match[1]}{match[2]}_{'gv'[int(match[3])]}"
    return name
