"""The weights of a module by their names: from a state_dict, or from a module saved whole."""

from collections.abc import Iterator
from typing import Any

from rnnrepl.importers.pickles import Standin, damaged
from rnnrepl.importers.torch_file import Tensor

Tensors = dict[str, Tensor]

_DEPTH = 8  # modules inside modules
_PARALLEL = "module."  # what DataParallel puts before every name


def tensors(value: Any) -> Tensors | None:
    """Every parameter by name, as `state_dict()` would give them; None where it is no module.

    Raises RnnreplError where the weights have several times as many numbers as the file could hold.
    """
    value = whole(value)
    if isinstance(value, Standin) and "_modules" in value.attributes:
        found = dict(_parameters(value, "", _DEPTH))
    elif isinstance(value, dict) and value and all(isinstance(t, Tensor) for t in value.values()):
        found = {str(name).removeprefix(_PARALLEL): tensor for name, tensor in value.items()}
    else:
        return None
    storages = {id(tensor.storage): tensor.storage.size for tensor in found.values()}
    if sum(tensor.size for tensor in found.values()) > 8 * sum(storages.values()):
        raise damaged("its weights are the same ones many times")
    return found


def whole(value: Any) -> Any:
    """A module saved whole, without the DataParallel around it."""
    parallel = isinstance(value, Standin) and value.kind.endswith(".DataParallel")
    return inside(value, "module") if parallel else value


def inside(value: Any, name: str) -> Any:
    """The module of this name inside a module saved whole; None where there is none."""
    if isinstance(value, Standin):
        return dict(_named(value, "_modules")).get(name)
    return None


def _parameters(module: Standin, path: str, depth: int) -> Iterator[tuple[str, Tensor]]:
    if not depth:
        raise damaged("its modules lie too deep in each other")
    for name, value in _named(module, "_parameters"):
        if isinstance(value, Tensor):
            yield path + name, value
    for name, value in _named(module, "_modules"):
        if isinstance(value, Standin):
            yield from _parameters(value, f"{path}{name}.", depth - 1)


def _named(module: Standin, kind: str) -> list[tuple[str, Any]]:
    held = module.attributes.get(kind)
    return [(str(name), value) for name, value in held.items()] if isinstance(held, dict) else []
