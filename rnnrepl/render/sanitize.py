"""Makes text from models and files safe to send to a terminal."""

import re
import unicodedata
from functools import cache

# Characters that a terminal acts on or does not show, as ranges of a regular expression: the
# categories Cc, Cs, Zl, Zp and Cf of Unicode, and the property Default_Ignorable_Code_Point.
_RANGES = (
    r"\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029"
    r"\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff"
)

# What words and emoji are made with: one variation selector and one joiner after a character that
# is neither unsafe nor ASCII, U+FE0F after the character of a key, and the tags of a flag.
_BASE = rf"[^\x00-\x7f{_RANGES}]"
_SELECTOR = r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
_JOINER = r"[\u200c\u200d]"
_KEPT = (
    rf"(?<={_BASE})(?:{_SELECTOR}|{_JOINER})|(?<={_BASE}{_SELECTOR}){_JOINER}"
    r"|(?<=[#*0-9])\ufe0f"
    r"|(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
)


@cache
def unsafe(*, kept: bool = False) -> re.Pattern[str]:
    """The pattern of an unsafe character; with `kept` also, as group 1, of those that stay."""
    # Compiled on first use: most starts of the program need neither.
    return re.compile(f"({_KEPT})|[{_RANGES}]" if kept else f"[{_RANGES}]")


def sanitize(text: str, *, keep: str = "\n\t", before: str = "") -> str:
    """Replaces every character that a terminal could act on, or would hide, by a visible one.

    C0 controls become their Unicode pictures (␛ for escape); C1 controls, bidi overrides, invisible
    characters and lone surrogates become backslash escapes. Characters in `keep` stay, and joiners
    and variation selectors where a word or an emoji needs them; `before` is the text before, on
    which that depends.
    """
    if text.isascii() and text.isprintable():
        return text
    whole, at = before + text, len(before)
    parts: list[str] = []
    for match in unsafe(kept=True).finditer(whole, at):
        char = match[0]
        parts += whole[at : match.start()], char if match[1] or char in keep else _shown(char)
        at = match.end()
    return "".join([*parts, whole[at:]])


def symbols(text: str) -> str:
    """A token as a table shows it: a symbol for each blank, line end, and the empty end token."""
    if not text:
        return "¶"
    shown = sanitize(text, keep="").replace("␊", "⏎").replace("␉", "⇥").replace(" ", "␣")
    combining = unicodedata.category(shown[0]).startswith("M")
    return f"◌{shown}" if combining else shown  # a combining mark needs a base


def as_typed(value: object) -> str:
    """An option's value as it is typed: yes or no, the items of a list; – where there is none."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(symbols, value)) or "–"
    return "–" if value in (None, "") else sanitize(str(value), keep="")


def _shown(char: str) -> str:
    """A visible text for an unsafe character."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
