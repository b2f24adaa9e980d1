"""The file to import, read once for all formats, and the vocabulary given with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.importers import t7_file, torch_file
from rnnrepl.importers.t7_file import LuaTable
from rnnrepl.importers.vocabulary import read_corpus, read_vocabulary


@dataclass(eq=False)
class CheckpointFile:
    """A file of another program; `vocab` is a file of tokens, `data` the folder of its corpus.

    Raises RnnreplError where both are given; its properties raise it where the file cannot be read.
    """

    path: Path
    vocab: Path | None = None
    data: Path | None = None
    vocabulary_used: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if self.vocab and self.data:
            raise usage("Give either --vocab or --data, not both.")

    @property
    def has_vocabulary_option(self) -> bool:
        """Whether --vocab or --data was given."""
        return bool(self.vocab or self.data)

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            raise usage(f"No file '{self.path}'.") from None
        except IsADirectoryError:
            raise usage(f"'{self.path}' is a folder: give the file of a checkpoint.") from None
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

    def vocabulary(self, size: int) -> list[str]:
        """The `size` tokens that --vocab or --data gives, by id.

        Raises RnnreplError where neither was given, or the number of tokens is not `size`.
        """
        self.vocabulary_used = True
        if self.vocab:
            tokens, path = read_vocabulary(self.vocab), self.vocab
        elif self.data:
            tokens, path = read_corpus(self.data), self.data
        else:
            raise usage(
                f"The file does not hold the model's {size:,} tokens: give --vocab, a file with "
                "one token a line, or --data, the folder of the train.txt, valid.txt and test.txt "
                "that it was trained on."
            )
        if len(tokens) != size:
            raise RnnreplError(
                f"'{path}' has {len(tokens):,} tokens and the model {size:,}: it is not the "
                "vocabulary of this model."
            )
        return tokens

    def origin(self) -> Mapping[str, Any]:
        """Identifies the file in `model.json`: name, size in bytes, SHA-256."""
        digest = sha256(self.content).hexdigest()
        return {"file": self.path.name, "bytes": len(self.content), "sha256": digest}
