"""How the line editor shows unsafe characters: each as `sanitize` does where it is alone."""

from prompt_toolkit.layout.screen import Char

from rnnrepl.render.sanitize import sanitize


def show_unsafe_characters() -> None:
    """Makes prompt_toolkit draw visible characters in place of those a terminal could act on.

    Every cell that it draws goes through this table: the line, pasted text, suggestions from the
    history, menus and dialogs. A cell does not know the text before it, so that joiners and
    variation selectors are shown too, each of which is a character to a model. prompt_toolkit shows
    C0 and C1 controls itself, as ^A or <80>.
    """
    Char.display_mappings = _Shown(Char.display_mappings)


class _Shown(dict[str, str]):
    """A mapping that contains every unsafe character."""

    def __contains__(self, char: object) -> bool:
        return super().__contains__(char) or self[str(char)] != char

    def __missing__(self, char: str) -> str:
        return sanitize(char, keep="")
