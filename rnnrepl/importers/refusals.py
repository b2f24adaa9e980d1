"""Names files that are not models that can be imported, by their first bytes or their contents."""

import codecs
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.importers import tree

_LFS = b"version https://git-lfs.github.com/spec"
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head)", re.IGNORECASE)
_ONNX = re.compile(rb"\x08[\x01-\x20].{0,80}?(pytorch|onnx|tf2onnx|keras2onnx|skl2onnx)", re.DOTALL)
_TENSORFLOW = re.compile(r"\.(data-\d+-of-\d+|index|meta)$|^saved_model\.pb$|^checkpoint$")
_BY_MAGIC = {
    b"GGUF": "a GGUF file, which holds a Transformer of llama.cpp: it is no recurrent model",
    b"\x1f\x8b": "compressed by gzip: uncompress it first",
    b"BZh": "compressed by bzip2: uncompress it first",
    b"\xfd7zXZ\x00": "compressed by xz: uncompress it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: extract the checkpoint first",
    b"Rar!": "a RAR archive: extract the checkpoint first",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
}
_SAVE_WITH_KERAS = "which is not supported: save the model with Keras as .h5 or .keras"
_SHOWN = 4  # names of an archive's entries, or of values
_LONGEST = 60  # characters of a name


def check(path: Path, content: bytes) -> None:
    """Raises RnnreplError for a file that no reader needs to look at: empty, or a placeholder."""
    if not content.strip():
        raise RnnreplError(f"'{path}' is empty.")
    if content.startswith(_LFS):
        raise RnnreplError(
            f"'{path}' is a Git LFS pointer, not the file itself: run 'git lfs pull' in its "
            "repository, or download the file from its web page."
        )
    if _HTML.match(content):
        raise RnnreplError(f"'{path}' is a web page (HTML): download the file itself.")
    if content[:1] in (b"{", b'"') and _is_text(content[:4096]) and (kind := _json_kind(content)):
        raise RnnreplError(f"'{path}' is {kind}.")


def _json_kind(content: bytes) -> str:
    """The kind of a JSON file that describes a model without its weights."""
    if b"modelTopology" in content:
        return (
            "a model of TensorFlow.js, which is not supported: convert it with "
            "'tensorflowjs_converter --input_format tfjs_layers_model --output_format keras "
            "MODEL.json MODEL.h5', or import the model that it was made from"
        )
    if b"keras_version" in content:
        return "the architecture of a Keras model without its weights: give the .h5 or .keras file"
    return ""


def folder(path: Path) -> RnnreplError:
    """The error for a folder, such as a SavedModel."""
    if (path / "saved_model.pb").exists():
        return RnnreplError(f"'{path}' is a SavedModel of TensorFlow, {_SAVE_WITH_KERAS}.")
    return usage(f"'{path}' is a folder: give the file of a checkpoint.")


def unknown(path: Path, content: bytes) -> RnnreplError:
    """The error for a file that no format recognises; says what it is, where that is known."""
    kind = _kind(path, content)
    if kind:
        return RnnreplError(f"'{path}' is {kind}.")
    return RnnreplError(
        f"'{path}' is not a checkpoint of a known format: 'rnnrepl import --formats' lists them."
    )


def without_weights(path: Path, value: Any) -> RnnreplError:
    """The error for a file of values, such as a pickle, that are no weights of a model."""
    names = [
        name for name, _ in tree.children(value) if not name.isdecimal() and name.isprintable()
    ]
    held = f" (it holds {_first(names)})" if names else ""
    return RnnreplError(
        f"'{path}' has no named weight matrices{held}: give the file in which the program "
        "saved its model."
    )


def _kind(path: Path, content: bytes) -> str:
    for magic, kind in _BY_MAGIC.items():
        if content.startswith(magic):
            return kind
    if content[4:8] == b"TFL3":  # the identifier of a flatbuffer
        return "a TensorFlow Lite model, which is not supported"
    if content[257:262] == b"ustar":
        return "a tar archive: extract the checkpoint first"
    if _ONNX.match(content[:200]):
        return "an ONNX graph, which is not imported: use the checkpoint that it was exported from"
    if _TENSORFLOW.search(path.name):
        return f"a file of a TensorFlow checkpoint or SavedModel, {_SAVE_WITH_KERAS}"
    if content.startswith(b"PK\x03\x04"):
        return f"a zip archive without a model: it holds {_entries(content)}"
    return "a text, not a checkpoint" if _is_text(content[:4096]) else ""


def _is_text(head: bytes) -> bool:
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def _entries(content: bytes) -> str:
    try:
        return _first(ZipFile(BytesIO(content)).namelist())
    except Exception:  # zipfile raises many types of error
        return "nothing readable"


def _first(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(name[:_LONGEST] for name in names[:_SHOWN]) + more
