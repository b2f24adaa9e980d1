"""A reader for Keras files: .h5 and .hdf5 of Keras 2 and 3, .keras, and files of weights alone.

h5py parses HDF5; arrays larger than the file could hold, and data in other files, are refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import numpy as np

from rnnrepl.errors import RnnreplError, not_installed
from rnnrepl.importers.stubs import damaged
from rnnrepl.rnn.network import Floats

MAGIC = b"\x89HDF\r\n\x1a\n"
MAX_EXPANSION = 64  # of compressed data
MAX_DEPTH = 32  # of groups
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_ORDERS = {"Embedding": ("embeddings",), "Dense": ("kernel", "bias")}
_RECURRENT_ORDER = ("kernel", "recurrent_kernel", "bias")


@dataclass(eq=False)
class KerasLayer:
    """A layer: its class and settings, empty where the file holds weights alone, and weights.

    The class of a layer in TimeDistributed is that of the inner one.
    """

    class_name: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: dict[str, Floats] = field(default_factory=dict)


@dataclass(eq=False)
class KerasFile:
    """The layers of a model in order, and the version of Keras that wrote them."""

    layers: list[KerasLayer]
    version: str
    has_config: bool


def read(content: bytes) -> KerasFile | None:
    """The model in a Keras file; None for other files.

    Raises RnnreplError for a damaged file, for HDF5 of another program, and if h5py is missing.
    """
    config: Any = None
    if content.startswith(b"PK\x03\x04"):
        archive = _archive(content)
        if archive is None:
            return None
        config, content = archive
    elif not content.startswith(MAGIC):
        return None
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise not_installed("A Keras file", "h5py", "keras") from error
    try:
        with h5py.File(BytesIO(content), "r") as file:
            return _read(file, config, len(content))
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise damaged("its HDF5 data cannot be read") from error


def _archive(content: bytes) -> tuple[Any, bytes] | None:
    """The configuration and the HDF5 file in a .keras file; None for other archives."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = {entry.filename: entry for entry in archive.infolist()}
            if not names.keys() >= {_CONFIG, _WEIGHTS}:
                return None
            if sum(names[n].file_size for n in (_CONFIG, _WEIGHTS)) > MAX_EXPANSION * len(content):
                raise damaged("the entries of its archive are too large")
            return json.loads(archive.read(_CONFIG)), archive.read(_WEIGHTS)
    except RnnreplError:
        raise
    except Exception:  # zipfile raises many types of error
        return None


def _read(file: Any, config: Any, size: int) -> KerasFile:
    version = _text(file.attrs.get("keras_version", ""))
    if config is None and "model_config" in file.attrs:
        config = json.loads(_text(file.attrs["model_config"]))
    group = file.get("model_weights", file)
    arrays = _arrays(group, size)
    layers = list(_configured(config)) if config else []
    if "layer_names" in group.attrs:
        version = version or _text(group.attrs.get("keras_version", ""))
        names = [_text(name) for name in group.attrs["layer_names"]]
        by_layer = {name: _named_weights(arrays, name) for name in names}
        if not layers:
            layers = [KerasLayer("", name) for name in names]
        for layer in layers:
            layer.weights = by_layer.get(layer.name, {})
    elif any("/vars/" in path for path in arrays):
        layers, version = _numbered_weights(layers, arrays), version or "3"
    else:
        raise RnnreplError("The file is HDF5, but not of a Keras model.")
    return KerasFile(layers, version, bool(config))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _arrays(group: Any, size: int) -> dict[str, Floats]:
    """The float arrays of a group by path; optimizer state is skipped."""
    import h5py

    arrays: dict[str, Floats] = {}
    total = 0

    def visit(path: str, item: Any) -> None:
        nonlocal total
        if path.count("/") > MAX_DEPTH:  # a visit takes time by the square of the depth
            raise damaged("its groups are nested too deeply")
        if not isinstance(item, h5py.Dataset) or path.startswith("optimizer"):
            return
        if item.external or item.is_virtual:
            raise damaged("its data are in another file")
        total += item.size * item.dtype.itemsize
        if total > MAX_EXPANSION * size:
            raise damaged("its arrays are larger than the file")
        if item.dtype.kind == "f":
            arrays[path] = np.asarray(item[()])

    group.visititems(visit)  # follows neither soft nor external links
    return arrays


def _configured(config: Any) -> Iterator[KerasLayer]:
    """The layers of a Sequential or functional model, in order."""
    inner = config.get("config") if isinstance(config, dict) else None
    listed = inner.get("layers") if isinstance(inner, dict) else inner
    if not isinstance(listed, list):
        raise RnnreplError(
            "The model is a subclass of keras.Model, whose layers are not in the file."
        )
    for entry in listed:
        class_name, settings = str(entry["class_name"]), dict(entry["config"])
        name = str(settings.get("name", ""))
        if class_name == "TimeDistributed":
            wrapped = settings["layer"]
            class_name, settings = str(wrapped["class_name"]), dict(wrapped["config"])
        yield KerasLayer(class_name, name, settings)


def _named_weights(arrays: Mapping[str, Floats], layer: str) -> dict[str, Floats]:
    """Weights of a layer by the last part of their names: `lstm/lstm_cell/kernel:0` is kernel."""
    return {
        path.rpartition("/")[2].partition(":")[0]: array
        for path, array in arrays.items()
        if path.startswith(f"{layer}/")
    }


def _numbered_weights(layers: list[KerasLayer], arrays: Mapping[str, Floats]) -> list[KerasLayer]:
    """Weights of Keras 3, numbered in `vars` of a layer that is called by its class.

    In weights alone of a subclassed model, layers are called by their attributes.
    """
    groups: dict[str, dict[str, Floats]] = {}
    cells = set()
    for path, array in arrays.items():
        *outer, container, number = path.split("/")
        while outer and outer[-1] in ("cell", "layer"):
            if outer.pop() == "cell":
                cells.add("/".join(outer))
        if container == "vars" and outer and outer[0] != "optimizer":
            groups.setdefault("/".join(outer), {})[number] = array
    if not layers:
        classes = {path: _class_of(path, groups[path], path in cells) for path in groups}
        paths = sorted(groups, key=lambda path: (_place(classes[path]), len(path), path))
        return [
            KerasLayer(
                classes[path], path.rpartition("/")[2], {}, _ordered(classes[path], groups[path])
            )
            for path in paths
        ]
    groups = {path.rpartition("/")[2]: group for path, group in groups.items()}
    counts: dict[str, int] = {}
    for layer in layers:
        wrapped = [name for name in groups if name.startswith("time_distributed")]
        base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", layer.class_name)
        base = base.lower()
        count = counts[base] = counts.get(base, -1) + 1
        name = f"{base}_{count}" if count else base
        if name not in groups and layer.class_name == "Dense" and wrapped:
            name = wrapped[0]
        layer.weights = _ordered(layer.class_name, groups.get(name, {}))
    return layers


def _ordered(class_name: str, group: Mapping[str, Floats]) -> dict[str, Floats]:
    """Numbered weights by name."""
    order = _ORDERS.get(class_name, _RECURRENT_ORDER)
    return dict(zip(order, (group[k] for k in sorted(group)), strict=False))


def _place(class_name: str) -> int:
    """Where a layer of weights alone is: embedding, recurrent layers, output."""
    return {"Embedding": 0, "Dense": 2}.get(class_name, 1)


def _class_of(path: str, group: Mapping[str, Floats], is_cell: bool) -> str:
    """The class of a layer of weights alone, as far as it orders them."""
    if is_cell:
        return "RNN"
    name = path.rpartition("/")[2]
    is_table = len(group) == 1 and not name.startswith(("dense", "time_distributed"))
    return "Embedding" if is_table or name.startswith("embedding") else "Dense"
