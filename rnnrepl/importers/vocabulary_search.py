"""Finds vocabularies among the values of a file by their shape: V tokens, or a mapping to ids."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnrepl.importers import tree
from rnnrepl.importers.arrays import NumpyArray, Tensor
from rnnrepl.importers.stubs import StubObject

PAD, EXTRA = "<pad>", "<extra>"
_MAX_DIGITS = 12  # of an id as text
_FILLER = "xxfake"  # with which fastai fills up a vocabulary


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a model by id, and how its program prepared texts.

    `source` says where they come from. `lower` and `filters` are those of a Keras tokenizer: texts
    are lower-cased, and the characters of `filters` are read as spaces. `library` is the content of
    a tokenizer.json of Hugging Face that cuts words into subwords. With `by_byte`, tokens are bytes
    of UTF-8.
    """

    tokens: tuple[str, ...]
    source: str
    lower: bool = False
    filters: str = ""
    by_character: bool | None = None  # whether tokens are characters; None where it is not said
    library: Mapping[str, Any] | None = field(default=None, compare=False)
    by_byte: bool = False

    def is_called(self, name: str) -> bool:
        """Whether a name is that of its source: of its file, of its place in it, or the end."""
        file, _, inside = self.source.removesuffix(")").partition(" (")
        place = inside or file
        return name in (self.source, file, place, place.rpartition(".")[2])


def search(root: Any, size: int) -> list[Vocabulary]:
    """All vocabularies of `size` tokens in a tree of values, without repetitions."""
    unique: dict[tuple[str, ...], Vocabulary] = {}
    for vocabulary in _candidates(root, size):
        known = unique.get(vocabulary.tokens)
        if known is None or (vocabulary.lower and not known.lower):
            unique[vocabulary.tokens] = vocabulary
    complete = [vocabulary for vocabulary in unique.values() if EXTRA not in vocabulary.tokens]
    return complete or list(unique.values())


def sizes(root: Any) -> list[int]:
    """The sizes of what looks like vocabularies in a tree of values, for messages."""
    lengths = set()
    for _, value in tree.walk(root):
        plain = _plain(value)
        if isinstance(plain, dict | list) and len(plain) > 1:
            ids = len(plain)
            if _tokens_by_id(plain, ids) or _tokens_by_id(plain, ids + 1):
                lengths.add(ids)
    return sorted(lengths)


def _candidates(root: Any, size: int) -> Iterator[Vocabulary]:
    root = _parsed(root)
    if _is_hugging_face(root):
        yield from _of_hugging_face(root, size)
        return
    for path, value in tree.walk(root, skip=("torch.nn.",)):  # which list names of weights
        if keras := _keras_tokenizer(value):
            yield from _of_keras_tokenizer(keras, path, size)
        if tokens := _tokens_by_id(_plain(value), size):
            yield Vocabulary(tokens, path)
        for name, child in tree.children(value):
            if isinstance(child, dict | list | tuple | StubObject):
                continue  # visited as a container
            if tokens := _tokens_by_id(_plain(child), size):
                yield Vocabulary(tokens, tree.join(path, name))


def _parsed(value: Any) -> Any:
    """JSON inside a JSON string, as `json.dump(tokenizer.to_json())` writes it."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            pass
    return value


def _plain(value: Any) -> Any:
    """Arrays of text and subclasses of dict and list as plain values."""
    if isinstance(value, StubObject):
        value = value.entries or value.elements
    if isinstance(value, dict):
        return _one_way(value)
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "SU" else None
    if isinstance(value, NumpyArray):
        return None if value.is_numeric else value.values()
    return list(value) if isinstance(value, tuple) else value


def _tokens_by_id(value: Any, size: int) -> tuple[str, ...] | None:
    """The tokens in a list, a text of distinct characters, or a mapping from or to ids."""
    if size < 2:
        return None
    if isinstance(value, str):
        value = list(value) if len(value) == size else None
    if isinstance(value, list) and len(value) == size:
        return _texts(value)
    if not isinstance(value, dict) or not size - 1 <= len(value) <= size:
        return None
    pairs = _pairs(value)
    if pairs is None:
        return None
    ids = sorted(pairs)
    if len(ids) < len(value):
        return None
    if ids == list(range(size)):
        return _texts([pairs[id] for id in ids])
    if ids == list(range(1, size)):  # id 0 is the pad of Keras and of many other programs
        return _texts([PAD, *(pairs[id] for id in ids)])
    if ids == list(range(size - 1)):  # the last id is one that no token has
        return _texts([*(pairs[id] for id in ids), EXTRA])
    return None


def _one_way(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The ids by token, where a dict holds them and their inverse, as that of REINVENT does."""
    ids = {token: id for token, id in value.items() if isinstance(token, str | bytes)}
    both = 2 * len(ids) == len(value) and all(value.get(_id(i)) == t for t, i in ids.items())
    return ids if both else value


def _pairs(value: Mapping[Any, Any]) -> dict[int, Any] | None:
    """A mapping of ids to tokens, from one or from its inverse; JSON has ids as text."""
    for ids, tokens in ((value.values(), value), (map(_number, value), value.values())):
        numbers = [number for id in ids if (number := _id(id)) is not None]
        if len(numbers) == len(value):
            return dict(zip(numbers, tokens, strict=True))
    return None


def _number(key: Any) -> Any:
    is_number = isinstance(key, str) and key.isdecimal() and len(key) <= _MAX_DIGITS
    return int(key) if is_number else key


def _id(value: Any) -> int | None:
    """An id, also as an integer tensor or array without dimensions; None for other values."""
    if isinstance(value, Tensor):
        value = None if value.shape else value.array()
    if isinstance(value, NumpyArray):
        value = value.array() if value.is_numeric else None
    if isinstance(value, np.ndarray):
        return int(value) if not value.ndim and value.dtype.kind in "iu" else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts(tokens: Iterable[Any]) -> tuple[str, ...] | None:
    """Distinct tokens as text; None where they are something else."""
    texts = []
    for token in tokens:
        if isinstance(token, bytes):
            try:
                token = token.decode()
            except UnicodeDecodeError:
                return None
        if not isinstance(token, str):
            return None
        texts.append(token)
    distinct = [text for text in texts if text != _FILLER]
    return tuple(texts) if len(set(distinct)) == len(distinct) else None


# --- Keras ----------------------------------------------------------------------------------------


def _keras_tokenizer(value: Any) -> Mapping[str, Any] | None:
    """The settings of a Keras Tokenizer, pickled or as JSON."""
    if isinstance(value, StubObject):
        settings: Any = value.attributes
    elif isinstance(value, dict) and value.get("class_name") == "Tokenizer":
        settings = value.get("config")
    else:
        return None
    return settings if isinstance(settings, dict) and "word_index" in settings else None


def _of_keras_tokenizer(settings: Mapping[str, Any], path: str, size: int) -> Iterator[Vocabulary]:
    index = _parsed(settings["word_index"])
    pairs = _pairs(index) if isinstance(index, dict) else None
    if not pairs:
        return
    # With num_words the program never produces ids from num_words on.
    known = {id: token for id, token in pairs.items() if id < size}
    if tokens := _tokens_by_id({token: id for id, token in known.items()}, size):
        filters, lower = settings.get("filters"), settings.get("lower")
        by_character = bool(settings.get("char_level"))
        yield Vocabulary(
            tokens,
            tree.join(path, "word_index"),
            lower=bool(lower),
            filters=filters if isinstance(filters, str) and not by_character else "",
            by_character=by_character,
        )


# --- Hugging Face ---------------------------------------------------------------------------------


def _is_hugging_face(value: Any) -> bool:
    """Whether this is the content of a tokenizer.json of Hugging Face tokenizers."""
    model = value.get("model") if isinstance(value, dict) else None
    return isinstance(model, dict) and "vocab" in model and "added_tokens" in value


def _of_hugging_face(value: Mapping[str, Any], size: int) -> Iterator[Vocabulary]:
    """The vocabulary of a tokenizer.json: of words at white space, or of its own kind."""
    model, added = value["model"], value["added_tokens"]
    vocab = model["vocab"]
    if isinstance(vocab, list):  # Unigram: pairs of a token and its score
        vocab = {pair[0]: id for id, pair in enumerate(vocab) if isinstance(pair, list) and pair}
    if not isinstance(vocab, dict) or not isinstance(added, list):
        return
    more = {new["content"]: new["id"] for new in added if isinstance(new, dict) and "id" in new}
    try:
        tokens = _tokens_by_id(vocab | more, size)
    except (KeyError, TypeError):  # of a hostile file
        return
    if not tokens:
        return
    kinds = [_kind(value.get(part)) for part in ("normalizer", "pre_tokenizer")]
    if model.get("type") == "WordLevel" and kinds in (
        ["", "WhitespaceSplit"],
        ["Lowercase", "WhitespaceSplit"],
    ):
        yield Vocabulary(tokens, "model.vocab", lower=kinds[0] != "", by_character=False)
    else:
        yield Vocabulary(tokens, "model.vocab", by_character=False, library=value)


def _kind(part: Any) -> str:
    return str(part.get("type")) if isinstance(part, dict) else ""


def names(vocabularies: Sequence[Vocabulary]) -> str:
    """The sources of some vocabularies, for messages."""
    return ", ".join(vocabulary.source or "the top level" for vocabulary in vocabularies[:6])
