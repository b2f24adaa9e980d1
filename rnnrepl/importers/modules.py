"""Named weights of a PyTorch module: from a state_dict, or from a module pickled whole."""

from collections.abc import Iterator
from typing import Any

from rnnrepl.importers.arrays import Tensor
from rnnrepl.importers.stubs import StubObject, damaged

Tensors = dict[str, Tensor]

_MAX_DEPTH = 8  # modules inside modules
_PARALLEL_PREFIX = "module."  # added by DataParallel


def state_dict(value: Any) -> Tensors | None:
    """Every parameter by name, as `Module.state_dict()` names them; None for other values.

    Raises RnnreplError where the weights have many times more elements than their storages, as a
    small file could otherwise demand unbounded memory.
    """
    value = unwrap(value)
    if isinstance(value, StubObject) and "_modules" in value.attributes:
        tensors = dict(_parameters(value, "", _MAX_DEPTH))
    elif isinstance(value, dict) and value and all(isinstance(t, Tensor) for t in value.values()):
        tensors = {
            str(name).removeprefix(_PARALLEL_PREFIX): tensor for name, tensor in value.items()
        }
    else:
        return None
    storages = {id(tensor.storage): tensor.storage.size for tensor in tensors.values()}
    if sum(tensor.size for tensor in tensors.values()) > 8 * sum(storages.values()):
        raise damaged("its tensors repeat the same weights many times")
    return tensors


def unwrap(value: Any) -> Any:
    """A module without the DataParallel around it; other values unchanged."""
    parallel = isinstance(value, StubObject) and value.class_name.endswith(".DataParallel")
    return submodule(value, "module") if parallel else value


def submodule(value: Any, name: str) -> Any:
    """The direct submodule of this name of a pickled module; None where there is none."""
    return dict(_entries(value, "_modules")).get(name) if isinstance(value, StubObject) else None


def _parameters(module: StubObject, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if not depth:
        raise damaged("its modules are nested too deeply")
    for name, value in _entries(module, "_parameters"):
        if isinstance(value, Tensor):
            yield path + name, value
    for name, value in _entries(module, "_modules"):
        if isinstance(value, StubObject):
            yield from _parameters(value, f"{path}{name}.", depth - 1)


def _entries(module: StubObject, attribute: str) -> list[tuple[str, Any]]:
    held = module.attributes.get(attribute)
    return [(str(name), value) for name, value in held.items()] if isinstance(held, dict) else []
