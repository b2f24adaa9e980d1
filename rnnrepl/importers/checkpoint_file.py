"""The file to import, read once for all formats, and the options given with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.checkpoint import WEIGHTS
from rnnrepl.checkpoint.hub import owner_and_name
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.model_folders import STATE_DICT
from rnnrepl.files.reading import open_regular
from rnnrepl.files.text import pieces
from rnnrepl.importers import (
    numpy_file,
    refusals,
    safetensors_file,
    t7_file,
    torch_file,
    vocabulary_file,
    vocabulary_search,
)
from rnnrepl.importers.cells import Nonlinearity
from rnnrepl.importers.t7_file import LuaTable
from rnnrepl.importers.vocabulary_search import EXTRA, Vocabulary


@dataclass(eq=False)
class CheckpointFile:
    """A file of another program, and options that say what it does not hold.

    `path` is the file, or a folder that `convert` wrote.

    `vocab` is a file of tokens, or the name of one of several vocabularies; `data` a text or the
    folder of a corpus, from which the tokens follow if there is no vocabulary, and which decides
    between readings of the weights. `start` overrides where texts start ("zeros", "none" or a
    token), `nonlinearity` the tanh of a plain RNN. The properties raise RnnreplError where the file
    cannot be read.
    """

    path: Path
    vocab: Path | None = None
    data: Path | None = None
    start: str | None = None
    nonlinearity: Nonlinearity | None = None
    vocabulary_used: bool = field(default=False, init=False)
    data_used: bool = field(default=False, init=False)
    vocabulary_notes: tuple[str, ...] = field(default=(), init=False)
    order_guessed: bool = field(default=False, init=False)  # of tokens that follow from `data`

    def __post_init__(self) -> None:
        for name in (WEIGHTS, STATE_DICT):  # in a folder that `convert` wrote
            if (self.path / name).is_file():
                self.path /= name

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        try:
            with open_regular(self.path) as file:
                return file.read()
        except FileNotFoundError:
            raise usage(f"No file '{self.path}'.") from None
        except IsADirectoryError:
            raise refusals.folder(self.path) from None
        except OSError as error:
            reason = str(error.strerror).lower()
            raise RnnreplError(f"'{self.path}' cannot be read: {reason}.") from error

    @cached_property
    def torch(self) -> Any:
        """The value saved by `torch.save`; None for other files. Raises RnnreplError if damaged."""
        return torch_file.read(self.content)

    @cached_property
    def t7(self) -> LuaTable | None:
        """The table saved by Lua's Torch; None for other files. Raises RnnreplError if damaged."""
        return t7_file.read(self.content)

    @cached_property
    def value(self) -> Any:
        """The value of a file of torch, pickle, safetensors or numpy; None for other files.

        It consists of plain values, arrays and stubs. Raises RnnreplError for a damaged file.
        """
        if (archive := numpy_file.read_archive(self.content)) is not None:
            return archive
        if self.torch is not None:
            return self.torch
        # The length of a safetensors header may look like the beginning of a pickle.
        if (tensors := safetensors_file.read(self.content)) is not None:
            return tensors
        if pickled := torch_file.read_pickle(self.content):
            return pickled[0]
        return numpy_file.read(self.content)

    @cached_property
    def text(self) -> str:
        """The beginning of the text `data`; empty where it is no text file."""
        self.data_used = True
        is_text = self.data and self.data.is_file()
        return next(iter(pieces(self.data))) if self.data and is_text else ""

    def vocabulary(self, size: int) -> list[str]:
        """The `size` tokens that --vocab or --data gives, by id.

        Raises RnnreplError where neither was given, or the number of tokens is not `size`.
        """
        if self.vocab:
            return list(self._named(size, []).tokens)
        if self.data:
            return list(self._fitted(size, self.data).tokens)
        raise _missing(size)

    def find_vocabulary(self, size: int) -> Vocabulary:
        """The vocabulary of `size` tokens: by --vocab, in the file, by --data, or beside the file.

        Raises RnnreplError where there is none, and where there are several and --vocab names none.
        """
        vocabulary = self._search(size)
        if EXTRA in vocabulary.tokens:
            self.vocabulary_notes += (f"No token has the id {size - 1}: it is called {EXTRA}.",)
        return vocabulary

    def _search(self, size: int) -> Vocabulary:
        inside = vocabulary_search.search(self.value, size)
        if self.vocab:
            return self._named(size, inside)
        if inside:
            return _only(inside, size)
        beside = vocabulary_file.beside(self.path, size)
        if self.data:
            try:
                return self._fitted(size, self.data)
            except RnnreplError:
                if not beside:
                    raise
        complete = any(EXTRA not in vocabulary.tokens for vocabulary in beside)
        if not complete and (short := vocabulary_search.search(self.value, size - 1)):
            raise _short(short[0].source or "The vocabulary in the file", size)
        if not beside:
            if short := vocabulary_file.beside(self.path, size - 1):
                raise _short(short[0].source, size)
            raise _missing(size, vocabulary_file.doubtful(self.path, size))
        self.vocabulary_notes = tuple(map(_note, beside))
        return _only(beside, size)

    def _named(self, size: int, inside: list[Vocabulary]) -> Vocabulary:
        """The vocabulary that --vocab names: a file, FILE:NAME, a name inside or beside, codes."""
        self.vocabulary_used = True
        assert self.vocab
        file, _, name = str(self.vocab).rpartition(":")
        if self.vocab.exists() or (not file and self.vocab.parent != Path()):
            return _only(vocabulary_file.read(self.vocab, size), size)
        if file and Path(file).is_file():
            known = vocabulary_file.read(Path(file), size)
        else:
            known, name = [*inside, *vocabulary_file.beside(self.path, size)], str(self.vocab)
        chosen = [vocabulary for vocabulary in known if vocabulary.is_called(name)]
        if not chosen and (codes := vocabulary_file.of_codes(name, size)):
            return codes
        if not chosen:
            others = f": choose among {vocabulary_search.names(known)}" if known else ""
            raise usage(
                f"--vocab '{self.vocab}' is neither a file nor a vocabulary of {size:,} "
                f"tokens{others}."
            )
        return _only(chosen, size)

    def _fitted(self, size: int, data: Path) -> Vocabulary:
        self.data_used = True
        vocabulary = vocabulary_file.fit(data, size)
        self.vocabulary_notes = (_note(vocabulary),)
        self.order_guessed = True
        return vocabulary

    def origin(self) -> Mapping[str, Any]:
        """Identifies the file in `model.json`: name, size in bytes, SHA-256, repository."""
        digest = sha256(self.content).hexdigest()
        origin = {"file": self.path.name, "bytes": len(self.content), "sha256": digest}
        name = next(filter(None, map(owner_and_name, self.path.parents)), "")
        return origin | ({"hub": name} if name else {})


def _only(vocabularies: list[Vocabulary], size: int) -> Vocabulary:
    if len(vocabularies) > 1:
        raise usage(
            f"There are {len(vocabularies)} vocabularies of {size:,} tokens: "
            f"{vocabulary_search.names(vocabularies)}. Choose one of these names with --vocab."
        )
    return vocabularies[0]


def _missing(size: int, doubtful: Sequence[Path] = ()) -> RnnreplError:
    names = ", ".join(f"'{path}'" for path in doubtful[:3])
    hint = f" ({names} has as many: if these are the tokens, give it with --vocab)"
    codes = vocabulary_file.CODES.get(size)
    named = f" {' or '.join(codes)} if ids are codes, or" if codes else ","
    return usage(
        f"The file does not hold the model's {size:,} tokens{hint if doubtful else ''}: give "
        f"--vocab{named} a file with one token a line (or a pickle, or JSON), or --data, the text "
        "that the model was trained on or a folder with its train.txt, valid.txt and test.txt."
    )


def _short(source: str, size: int) -> RnnreplError:
    return usage(
        f"{source} has {size - 1:,} tokens and the model {size:,}: give --vocab, a file with one "
        "token a line and the missing one at its place, such as <pad> in the first line."
    )


def _note(vocabulary: Vocabulary) -> str:
    return f"The vocabulary is that of {vocabulary.source}."
