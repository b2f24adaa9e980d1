"""Makes text from models and files safe to send to a terminal."""

import unicodedata
from functools import lru_cache

# Control, surrogate and format characters, line and paragraph separators.
_UNSAFE = {"Cc", "Cs", "Cf", "Zl", "Zp"}
# Code points without a name that terminals hide or act on like format characters.
_UNASSIGNED = {"\u2065", *map(chr, range(0xFFF0, 0xFFF9)), *map(chr, range(0xE0000, 0xE0100))}
# Format characters that letters and emoji are made with: joiners, and the tags of flags.
_JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}


def sanitize(text: str, *, keep: str = "\n\t") -> str:
    """Replaces every character that a terminal could act on by a visible one.

    C0 controls become their Unicode pictures (␛ for escape); C1 controls, bidi overrides, invisible
    format characters and lone surrogates become backslash escapes. Characters in `keep` stay.
    """
    if text.isprintable():
        return text
    return "".join([char if char in keep else _shown(char) for char in text])


def symbols(text: str) -> str:
    """A token as a table shows it: a symbol for each blank, line end, and the empty end token."""
    if not text:
        return "¶"
    if text in _JOINERS:
        return _escape(text)
    if unicodedata.category(text[0]).startswith("M"):  # a combining mark needs a base
        text = f"◌{text}"
    return sanitize(text, keep="").replace("␊", "⏎").replace("␉", "⇥").replace(" ", "␣")


def as_typed(value: object) -> str:
    """An option's value as it is typed: yes or no, the items of a list; – where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(symbols, value)) or "–"
    return "–" if value in (None, "") else sanitize(str(value), keep="")


@lru_cache(maxsize=4096)
def is_safe(char: str) -> bool:
    """Whether a terminal shows a character and does nothing else."""
    unsafe = unicodedata.category(char) in _UNSAFE or char in _UNASSIGNED
    return not unsafe or char in _JOINERS


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    code = ord(char)
    if is_safe(char):
        return char
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return _escape(char)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
