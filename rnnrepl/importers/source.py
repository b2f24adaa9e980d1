"""The file that is to be imported, and the vocabulary given with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.importers import t7_file, torch_file
from rnnrepl.importers.t7_file import Table
from rnnrepl.importers.vocabulary import listed, met


@dataclass(eq=False)
class Source:
    """A file, with `vocab`, a file of tokens, or `data`, the folder of a corpus, beside it.

    What is read of it is kept, for several formats look at it. Raises RnnreplError where the file
    cannot be read.
    """

    path: Path
    vocab: Path | None = None
    data: Path | None = None
    asked: bool = field(default=False, init=False)  # whether a format wanted a vocabulary

    def __post_init__(self) -> None:
        if self.vocab and self.data:
            raise usage("A vocabulary comes from --vocab or from --data, not from both.")

    @property
    def given(self) -> bool:
        """Whether a vocabulary was given."""
        return bool(self.vocab or self.data)

    @cached_property
    def content(self) -> bytes:
        """The whole file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            raise usage(f"There is no file '{self.path}'.") from None
        except IsADirectoryError:
            raise usage(f"'{self.path}' is a folder: give the file of a checkpoint.") from None
        except OSError as error:
            raise RnnreplError(
                f"'{self.path}' cannot be read: {str(error.strerror).lower()}."
            ) from error

    @cached_property
    def torch(self) -> Any:
        """What a file of torch holds; None where it is none. Raises RnnreplError as its reader."""
        return torch_file.read(self.content)

    @cached_property
    def t7(self) -> Table | None:
        """What a file of Lua's Torch holds; None where it is none. Raises RnnreplError likewise."""
        return t7_file.read(self.content)

    def vocabulary(self, size: int) -> list[str]:
        """The tokens of a model that does not hold them, as given with the file.

        Raises RnnreplError where none are given, or not as many as the model has.
        """
        self.asked = True
        if self.vocab:
            tokens, name = listed(self.vocab), self.vocab
        elif self.data:
            tokens, name = met(self.data), self.data
        else:
            raise usage(
                f"The file does not hold the model's {size:,} tokens: give --vocab, a file with "
                "one a line, or --data, the folder of the train.txt, valid.txt and test.txt that "
                "it learnt."
            )
        if len(tokens) != size:
            raise RnnreplError(
                f"'{name}' has {len(tokens):,} tokens and the model {size:,}: it is not the "
                "vocabulary of this model."
            )
        return tokens

    def origin(self) -> Mapping[str, Any]:
        """What identifies the file: its name, size and sha256."""
        digest = sha256(self.content).hexdigest()
        return {"file": self.path.name, "bytes": len(self.content), "sha256": digest}
