"""Walks the values that a file holds: nested dicts, lists and stub objects, each visited once."""

from collections.abc import Iterator, Mapping
from typing import Any

from rnnrepl.importers.stubs import StubObject, damaged

MAX_CONTAINERS = 200_000


def walk(root: Any, *, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yields (path, container) for each dict, list, tuple and stub, outermost first.

    State of optimizers is skipped, and objects of the packages in `skip`. Raises RnnreplError for
    too many containers.
    """
    seen: set[int] = set()
    queue: list[tuple[str, Any]] = [("", root)]
    for path, value in queue:
        if id(value) in seen or _is_optimizer(value):
            continue
        if isinstance(value, StubObject) and value.class_name.startswith(skip):
            continue
        seen.add(id(value))
        if len(queue) > MAX_CONTAINERS:
            raise damaged("its values are nested too deeply")
        yield path, value
        for name, child in children(value):
            if isinstance(child, dict | list | tuple | StubObject):
                queue.append((join(path, name), child))


def children(value: Any) -> Iterator[tuple[str, Any]]:
    """The named values directly in a container."""
    match value:
        case dict():
            yield from ((str(name), child) for name, child in value.items())
        case list() | tuple():
            yield from ((str(k), child) for k, child in enumerate(value))
        case StubObject():
            for part in (value.attributes, value.entries, value.elements):
                yield from children(part)


def join(path: str, name: str) -> str:
    """A path in a dotted form."""
    return f"{path}.{name}" if path else name


def _is_optimizer(value: Any) -> bool:
    if isinstance(value, StubObject):
        return value.class_name.startswith("torch.optim.")
    return isinstance(value, Mapping) and "param_groups" in value
