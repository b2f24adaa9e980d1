"""Saves and restores a conversation as JSON: tree, settings, identity of the model."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from rnnrepl.conversation.tree import Conversation, Node, Token
from rnnrepl.conversation.turns import log_probabilities, tokens_of
from rnnrepl.errors import RnnreplError
from rnnrepl.files.paths import resolved
from rnnrepl.files.reading import read_bytes
from rnnrepl.results.session import PieceKind

if TYPE_CHECKING:
    from rnnrepl.model import Model

FORMAT = 1
_NAME = 200  # characters of the identity of a model
MAX_BYTES = 1 << 28  # of a file: some five million tokens
_PLAIN = ("kind", "text", "seed", "settings", "skip", "mark")


@dataclass(frozen=True, slots=True)
class Saved:
    """The contents of a file; `model` has the name, the path and the sha256 of the weights."""

    path: Path
    model: dict[str, str]
    settings: dict[str, Any]
    at: int
    nodes: list[dict[str, Any]]


def identity(name: str, model: "Model") -> dict[str, str]:
    """The model's name, its folder or file, and the sha256 of its weights.

    That is empty if the weights can no longer be read: the model is in memory, its folder may be
    gone.
    """
    from rnnrepl.checkpoint import registry

    last = name.endswith(registry.AT_LAST)
    digest = ""
    with suppress(OSError):
        digest = registry.source(model.path, last=last)["sha256"]
    return {"name": name, "path": str(resolved(model.path)), "sha256": digest}


def dumped(
    conversation: Conversation, model: Mapping[str, str], settings: Mapping[str, Any]
) -> bytes:
    """Serializes the whole conversation; raises RnnreplError if `read` would refuse its length."""
    data = {
        "format": FORMAT,
        "model": model,
        "settings": settings,
        "at": conversation.at.number,
        "nodes": [_as_json(node) for node in conversation],
    }
    text = json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"
    encoded = text.encode("utf-8", "backslashreplace")
    if len(encoded) > MAX_BYTES:
        raise RnnreplError(
            f"The conversation takes {len(encoded):,} bytes, and :open reads at most {MAX_BYTES:,}."
        )
    return encoded


def write(path: Path, data: bytes, *, replace: bool) -> None:
    """Writes a file atomically; only its owner can read a new file.

    Raises RnnreplError if the file exists and `replace` is not set, and if writing fails.
    """
    from rnnrepl.files import atomic

    if path.exists() and not replace:
        raise RnnreplError(f"{path} exists already: --replace overwrites it.")
    with atomic.writing(path.parent):
        atomic.replace(path, data, private=True)


def read(path: Path) -> Saved:
    """Reads a file; raises RnnreplError if it is not a complete conversation."""
    try:
        data = json.loads(read_bytes(path, MAX_BYTES))
        if data["format"] != FORMAT:
            raise RnnreplError(
                f"{path} has format {data['format']!r}; this version reads {FORMAT}: "
                "install a newer rnnrepl."
            )
        model = {key: str(value)[:_NAME] for key, value in dict(data["model"]).items()}
        settings = dict(data["settings"])
        return Saved(path, model, settings, data["at"], list(data["nodes"]))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RnnreplError(f"{path} cannot be read: {reason}.") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise _damaged(path) from error


def restore(saved: Saved, model: "Model", *, same: bool) -> Conversation:
    """Returns the conversation; the model reads it again to compute its states.

    `same` says that the model is that of the file; another model tokenizes and scores the texts
    itself. Raises RnnreplError if the file is damaged.
    """
    conversation = Conversation()
    try:
        for data in saved.nodes:
            node = _from_json(data, model.config.vocabulary if same else None)
            node.skip *= same  # the tokens of another model are others
            _hang(conversation, node, conversation.nodes[data["parent"]])
            _read(model, node, same=same)
        if set(conversation.nodes) != set(range(len(saved.nodes) + 1)):
            raise ValueError("a number is missing")
        conversation.visit(conversation.nodes[saved.at])
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise _damaged(saved.path) from error
    return conversation


def _hang(conversation: Conversation, node: Node, parent: Node) -> None:
    if node.number in conversation.nodes:
        raise ValueError("duplicate number")
    conversation.nodes[node.number] = node
    if node.skip not in (0, parent.skip + len(parent.tokens)):
        raise ValueError("not the rest of a piece")
    node.parent = parent
    parent.children.append(node)
    parent.latest = node


def _read(model: "Model", node: Node, *, same: bool) -> None:
    assert node.parent is not None
    if same:
        ids = [token.id for token in node.tokens]
        clamped = model.clamped(node.clamp)
        _, node.contexts = log_probabilities(clamped, ids, node.parent.context)
    else:
        tokens, node.contexts = tokens_of(model, node.text, node.parent.context)
        node.tokens, node.seed, node.settings = tuple(tokens), None, {}
        node.clamp = ()  # units of another network
    node.read = node.parent.read + len(node.tokens)


def _as_json(node: Node) -> dict[str, Any]:
    assert node.parent is not None
    plain = {name: getattr(node, name) for name in _PLAIN}
    plain |= {"clamp": node.clamp} if node.clamp else {}
    return {"node": node.number, "parent": node.parent.number, **plain, "tokens": node.tokens}


def _from_json(data: Mapping[str, Any], vocabulary: int | None) -> Node:
    """A node without parent and states; raises ValueError for an invalid one."""
    tokens = tuple(Token(*token) for token in data["tokens"])
    node = Node(number=data["node"], tokens=tokens, **{name: data[name] for name in _PLAIN})
    node.clamp = tuple(data.get("clamp", ()))
    ends = [0, *(token.end for token in tokens), len(node.text)]
    sound = (
        type(node.number) is int
        and node.kind in get_args(PieceKind)
        and all(isinstance(text, str) for text in (node.text, node.mark, *node.clamp))
        and not node.mark.isdecimal()
        and isinstance(node.settings, dict)
        and all(type(number) is int for number in (node.skip, node.seed or 0, *ends))
        and min(node.skip, node.seed or 0) >= 0
        and ends == sorted(ends)
        and all(type(token.id) is int for token in tokens)
        and all(isfinite(t.logprob) and isfinite(t.sampled_logprob or 0) for t in tokens)
        and (vocabulary is None or all(0 <= t.id < vocabulary for t in tokens))
    )
    if not sound:
        raise ValueError(f"node {node.number} is invalid")
    return node


def _damaged(path: Path) -> RnnreplError:
    return RnnreplError(
        f"{path} is not a complete conversation: it is damaged, or another kind of file."
    )
