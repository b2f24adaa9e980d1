"""The screen of `:pick`: the end of the text, and a list of next tokens to select from."""

import asyncio
from collections.abc import Callable
from itertools import islice
from math import exp

from prompt_toolkit.application import Application
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.utils import get_cwidth

from rnnrepl.conversation.picking import Candidate, Picking
from rnnrepl.render.numbers import probability
from rnnrepl.render.sanitize import sanitize, symbols

_ROWS = 10
_LIMIT = 1000  # candidates in the list
_LINES, _CHARACTERS = 4, 400  # shown of the text before, and of the chosen text
_BAR = 20  # cells
_PACE = 0.02  # seconds a token while the model runs on: slow enough to stop it in time
_KEYS = " ↑↓ or type: select · Enter: accept · Backspace: undo · Tab: run · Esc: done "


class Picker:
    """The application: its state, its key bindings, and its text."""

    def __init__(self, picking: Picking, depth: ColorDepth) -> None:
        self._picking = picking
        self._before = _end(picking.before)
        self._typed = ""
        self._running = False
        self._selected = 0
        self._update()
        text = Window(FormattedTextControl(self._text), wrap_lines=True, dont_extend_height=True)
        rows = Window(FormattedTextControl(self._rows), height=_ROWS)
        help = Window(FormattedTextControl([("class:bottom-toolbar", _KEYS)]), height=1)
        self.app: Application[None] = Application(
            layout=Layout(HSplit([text, rows, help])),
            key_bindings=self._keys(),
            color_depth=depth,
            erase_when_done=True,
        )

    # --- keys -----------------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        """Every key but Tab first stops a running model."""
        bindings = KeyBindings()
        actions: dict[str, Callable[[KeyPressEvent], None]] = {
            "enter": self._accept,
            "backspace": self._erase,
            "up": lambda _: self._move(-1),
            "down": lambda _: self._move(1),
            "pageup": lambda _: self._move(-_ROWS),
            "pagedown": lambda _: self._move(_ROWS),
            "escape": self._end,
            "c-c": self._end,
            "c-g": self._end,
            "c-d": self._end,
            Keys.Any: self._type,
        }

        def add(key: str, action: Callable[[KeyPressEvent], None]) -> None:
            @bindings.add(key)
            def press(event: KeyPressEvent) -> None:
                self._running = False
                action(event)

        for key, action in actions.items():
            add(key, action)
        bindings.add("tab")(self._toggle)
        return bindings

    def _accept(self, _: KeyPressEvent) -> None:
        if self._candidates:
            self._picking.take(self._candidates[self._selected].id)
            self._typed = ""
            self._update()

    def _erase(self, _: KeyPressEvent) -> None:
        if self._typed:
            self._typed = self._typed[:-1]
        else:
            self._picking.back()
        self._update()

    def _type(self, event: KeyPressEvent) -> None:
        if event.data.isprintable():
            self._typed += event.data
            self._update()

    def _move(self, rows: int) -> None:
        self._selected = max(0, min(self._selected + rows, len(self._candidates) - 1))

    def _end(self, event: KeyPressEvent) -> None:
        event.app.exit()

    def _toggle(self, event: KeyPressEvent) -> None:
        self._running = not self._running
        if self._running:
            event.app.create_background_task(self._run())

    async def _run(self) -> None:
        """Samples token after token; keys are handled in between."""
        self._typed = ""
        while self._running and not self._picking.over:
            self._picking.run()
            self._update()
            self.app.invalidate()
            await asyncio.sleep(_PACE)
        self._running = False

    def _update(self) -> None:
        """Updates the candidates, and selects the first."""
        self._candidates = list(islice(self._picking.candidates(self._typed), _LIMIT))
        self._selected = 0

    # --- text -----------------------------------------------------------------------------------

    def _text(self) -> StyleAndTextTuples:
        chosen = _end(self._picking.text)
        before = self._before if chosen == sanitize(self._picking.text) else ""
        typed = sanitize(self._typed, keep="")
        return [("", before), ("bold", chosen), ("reverse", typed or " ")]

    def _rows(self) -> StyleAndTextTuples:
        if not self._candidates:
            return [("", "No token begins with this.")]
        top = max(0, min(self._selected - _ROWS // 2, len(self._candidates) - _ROWS))
        shown = self._candidates[top : top + _ROWS]
        width = max(get_cwidth(symbols(candidate.text)) for candidate in shown)
        return [
            ("reverse" if place == self._selected else "", _row(candidate, width))
            for place, candidate in enumerate(shown, top)
        ]


def _end(text: str) -> str:
    """The last lines of a text, as many as fit."""
    return sanitize("\n".join(text[-_CHARACTERS:].split("\n")[-_LINES:]))


def _row(candidate: Candidate, width: int) -> str:
    bar = "█" * round(exp(candidate.logprob) * _BAR)
    p = probability(-candidate.logprob, "nats")
    token = symbols(candidate.text)
    token += " " * (width - get_cwidth(token))
    return f" {token}  {p:>7}  {bar:{_BAR}}\n"
