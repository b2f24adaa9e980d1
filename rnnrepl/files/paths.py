"""Paths of the files that ship with the program and of the user's folders."""

import os
import re
import sys
from pathlib import Path

from rnnrepl.errors import usage

_PACKAGE = Path(__file__).resolve().parents[1]
# In a wheel the shipped folders are inside the package; in a checkout (also an editable install)
# they are next to it.
_SHIPPED = _PACKAGE / "_shipped" if (_PACKAGE / "_shipped").is_dir() else _PACKAGE.parent


def resolved(path: Path) -> Path:
    """The absolute path without links. Path.resolve raises RuntimeError for a link to itself."""
    return Path(os.path.realpath(path))


def shipped_plugins() -> Path:
    """The folder of the shipped tokenizers."""
    return _SHIPPED / "plugins"


def shipped_models() -> Path:
    """The folder of the shipped checkpoints."""
    return _SHIPPED / "checkpoints"


def user_plugins() -> Path:
    """The user's tokenizers: `$RNNREPL_PLUGINS`, or `plugins` in the config folder."""
    return Path(os.environ.get("RNNREPL_PLUGINS") or user_config() / "plugins")


def user_models() -> Path:
    """The folder of the user's models, and of runs of `train` without `--out`."""
    return _user("data") / "models"


def user_config() -> Path:
    """The folder of `config.toml`."""
    return _user("config")


def user_state() -> Path:
    """The folder of the prompt's history and logs."""
    return _user("state")


def user_cache() -> Path:
    """The folder of the cache, which may be deleted at any time."""
    return _user("cache")


def typed_path(text: str, name: str) -> Path:
    """Returns a path as the user typed it, with `~` expanded (no shell does so at the prompt).

    If there is no such file or folder, but one whose name is the same text in another Unicode
    normal form, as macOS writes Korean names, it is that one. Raises RnnreplError for text that
    cannot be a path; `name` is the option in the message.
    """
    try:
        if b"\0" in os.fsencode(text):
            raise usage(f"{name} must be a path, which cannot contain a NUL character.")
        path = Path(text)
        path = path.expanduser() if text.startswith("~") else path
        return path if text.isascii() else _as_stored(path)
    except UnicodeEncodeError:
        raise usage(f"{name} must be a path, which cannot contain a lone surrogate.") from None
    except RuntimeError:
        user = text.partition("/")[0]
        raise usage(f"{name}: {user} has no home folder. Put ./ before a name with ~.") from None


def _as_stored(path: Path) -> Path:
    from unicodedata import normalize

    stored = Path(path.anchor)
    for part in path.relative_to(stored).parts:
        forms = (stored / form for form in (part, normalize("NFC", part), normalize("NFD", part)))
        stored = next(filter(os.path.exists, forms), stored / part)
    return stored


def check_new_name(path: Path) -> None:
    """Raises RnnreplError on Windows for a name that it would not take as it is."""
    if sys.platform == "win32" and (problem := windows_problem(path.name)):
        raise usage(f"'{path}' cannot be written: {problem}. Choose another name.")


def windows_problem(name: str) -> str:
    """Says what Windows makes of the name of a new file or folder; "" if it takes it as it is."""
    if ":" in name:
        return "on Windows a colon in a name begins the name of a stream"
    if name.endswith((".", " ")):
        return "Windows drops dots and blanks at the end of a name"
    if _DEVICE.fullmatch(name):
        return "on Windows this is the name of a device"
    return ""


# With any suffix, and in any folder.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.I | re.S)


def _user(kind: str) -> Path:
    # One variable moves all folders: for a shared machine, a USB stick or a test.
    if home := os.environ.get("RNNREPL_HOME"):
        return Path(home) / kind
    import platformdirs  # 15 ms, not needed by `--version`

    return Path(getattr(platformdirs, f"user_{kind}_path")("rnnrepl", appauthor=False))
