"""How the line editor shows unsafe characters: as `sanitize` does."""

from prompt_toolkit.layout.screen import Char

from rnnrepl.render.sanitize import sanitize


def show_unsafe_characters() -> None:
    """Makes prompt_toolkit draw visible characters in place of those a terminal could act on.

    Every cell that it draws goes through this table: the line, pasted text, suggestions from the
    history, menus and dialogs. It shows C0 and C1 controls itself, as ^A or <80>.
    """
    Char.display_mappings = _Shown(Char.display_mappings)


class _Shown(dict[str, str]):
    """A mapping that contains every unsafe character."""

    def __contains__(self, char: object) -> bool:
        return super().__contains__(char) or self[str(char)] != char

    def __missing__(self, char: str) -> str:
        return sanitize(char, keep="")
