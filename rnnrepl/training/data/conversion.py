"""Copies in UTF-8, in the cache, of texts that are compressed or in another encoding."""

from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from rnnrepl.files import text as text_files
from rnnrepl.files.reading import open_regular
from rnnrepl.training.data import cache


class PlainCopy(NamedTuple):
    """A copy in UTF-8 of a text file, and the SHA-256 of the file itself."""

    path: Path
    sha256: str


def plain_copies(paths: Sequence[Path], encoding: str) -> dict[Path, PlainCopy]:
    """The copies of those files whose bytes are not their text in UTF-8.

    They are made in bounded memory, and only once. Raises RnnreplError as reading the files does,
    and if the disk is full.
    """
    others = [path for path in dict.fromkeys(paths) if not text_files.is_plain(path, encoding)]
    if not others:
        return {}

    def fill(folder: Path) -> None:
        for number, path in enumerate(others):
            with cache.synced_file(folder / f"{number}.txt") as copy:
                for _, text in text_files.chunks(path, encoding):
                    cache.check_free_space(folder)
                    copy.write(text.encode())

    digests = [_digest(path) for path in others]
    with cache.cached(["text", encoding, digests], fill) as folder:
        return {
            path: PlainCopy(folder / f"{number}.txt", digest)
            for number, (path, digest) in enumerate(zip(others, digests, strict=True))
        }


def _digest(path: Path) -> str:
    with open_regular(path) as file:
        return file_digest(file, "sha256").hexdigest()
