"""The text files that a path names: a file, the .txt files of a folder, or those of a pattern."""

from pathlib import Path

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.paths import resolved

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
SUFFIXES = (".txt", *(f".txt{suffix}" for suffix in COMPRESSED))  # of the texts in a folder
_WILDCARDS = frozenset("*?[")


def expand(path: Path) -> list[Path]:
    """The files of a folder or a pattern in sorted order; any other path itself.

    A folder means its .txt files, compressed or not, without hidden files and subfolders. A pattern
    has *, ? and [...]; ** means any depth of folders. Raises RnnreplError if there are no files.
    """
    if is_folder(path):
        try:
            files = [file for file in path.iterdir() if _is_text(file)]
        except OSError as error:
            reason = str(error.strerror).lower()
            raise RnnreplError(f"The folder '{path}' cannot be read: {reason}.") from error
        if not files:
            raise usage(
                f"The folder '{path}' has no .txt files: give files, or a pattern such as "
                f"'{path / '**' / '*.txt'}'."
            )
        return sorted(files)
    if not is_pattern(path):
        return [path]
    from glob import glob

    names = glob(str(path), recursive=True)  # noqa: PTH207 (that of Path finds hidden files)
    files = [Path(name) for name in names]
    files = [file for file in files if file.is_file()]
    if not files:
        raise usage(f"No file matches the pattern '{path}'.")
    return sorted(files)


def title(path: Path) -> str:
    """A short name of the texts that a path names: of the file, its folder, or the pattern's."""
    if not (is_folder(path) or is_pattern(path)):
        name = path.name
        for suffix in COMPRESSED:
            name = name.removesuffix(suffix)
        return Path(name).stem
    while is_pattern(path):
        path = path.parent
    return resolved(path).name or "texts"


def summary(path: Path, files: list[Path]) -> str:
    """Says in one line which files a folder or a pattern has."""
    what = f"The folder '{path}' has" if is_folder(path) else f"'{path}' matches"
    if len(files) == 1:
        return f"{what} 1 text: {files[0].name}."
    return f"{what} {len(files):,} texts, from {files[0].name} to {files[-1].name}."


def is_folder(path: Path) -> bool:
    """Whether a path names a folder; False if that cannot be known."""
    try:
        return path.is_dir()
    except OSError:
        return False


def is_pattern(path: Path) -> bool:
    """Whether a path is a pattern with *, ? or [...], and not the name of a file."""
    try:
        return not _WILDCARDS.isdisjoint(str(path)) and not path.exists()
    except OSError:
        return False


def _is_text(file: Path) -> bool:
    hidden = file.name.startswith(".")
    return not hidden and file.name.lower().endswith(SUFFIXES) and file.is_file()
