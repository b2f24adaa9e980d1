"""The screen of `:pick`: the end of the text, the likeliest next tokens, one of them chosen."""

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

from rnnrepl.conversation.picking import Candidate, Picking
from rnnrepl.render.numbers import probability
from rnnrepl.render.sanitize import symbols, visible

_ROWS = 10
_MOST = 1000  # candidates that one can walk through
_LINES, _CHARACTERS = 4, 400  # that are shown of the text before, and of what was chosen
_BAR = 20  # cells
_PACE = 0.02  # seconds a token, so that a person can stop the model where they like
_KEYS = " ↑↓ or type: choose · Enter: take · Backspace: back · Tab: run on · Esc: done "


class Picker:
    """What stands on that screen, and what each key does to it."""

    def __init__(self, picking: Picking, depth: ColorDepth) -> None:
        self._picking = picking
        self._before = _end(picking.before)
        self._typed = ""
        self._running = False
        self._at = 0
        self._look()
        text = Window(FormattedTextControl(self._text), wrap_lines=True, dont_extend_height=True)
        rows = Window(FormattedTextControl(self._rows), height=_ROWS)
        help = Window(FormattedTextControl([("class:bottom-toolbar", _KEYS)]), height=1)
        self.app: Application[None] = Application(
            layout=Layout(HSplit([text, rows, help])),
            key_bindings=self._keys(),
            color_depth=depth,
            erase_when_done=True,
        )

    # --- what the keys do -----------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        """Any key but Tab stops the model where it runs, before it does what it does."""
        bindings = KeyBindings()
        acts: dict[str, Callable[[KeyPressEvent], None]] = {
            "enter": self._take,
            "backspace": self._erase,
            "up": lambda _: self._move(-1),
            "down": lambda _: self._move(1),
            "pageup": lambda _: self._move(-_ROWS),
            "pagedown": lambda _: self._move(_ROWS),
            "escape": self._end,
            "c-c": self._end,
            "c-d": self._end,
            Keys.Any: self._type,
        }

        def add(key: str, act: Callable[[KeyPressEvent], None]) -> None:
            @bindings.add(key)
            def press(event: KeyPressEvent) -> None:
                self._running = False
                act(event)

        for key, act in acts.items():
            add(key, act)
        bindings.add("tab")(self._toggle)
        return bindings

    def _take(self, _: KeyPressEvent) -> None:
        if self._found:
            self._picking.take(self._found[self._at].id)
            self._typed = ""
            self._look()

    def _erase(self, _: KeyPressEvent) -> None:
        if self._typed:
            self._typed = self._typed[:-1]
        else:
            self._picking.back()
        self._look()

    def _type(self, event: KeyPressEvent) -> None:
        if event.data.isprintable():
            self._typed += event.data
            self._look()

    def _move(self, rows: int) -> None:
        self._at = max(0, min(self._at + rows, len(self._found) - 1))

    def _end(self, event: KeyPressEvent) -> None:
        event.app.exit()

    def _toggle(self, event: KeyPressEvent) -> None:
        self._running = not self._running
        if self._running:
            event.app.create_background_task(self._run())

    async def _run(self) -> None:
        """Draws token after token, and hears the keys between two of them."""
        self._typed = ""
        while self._running and not self._picking.over:
            self._picking.run()
            self._look()
            self.app.invalidate()
            await asyncio.sleep(_PACE)
        self._running = False

    def _look(self) -> None:
        """Finds the candidates, and chooses the first."""
        self._found = list(islice(self._picking.candidates(self._typed), _MOST))
        self._at = 0

    # --- what stands there ----------------------------------------------------------------------

    def _text(self) -> StyleAndTextTuples:
        chosen = _end(self._picking.text)
        before = self._before if chosen == visible(self._picking.text) else ""
        typed = visible(self._typed, keep="")
        return [("", before), ("bold", chosen), ("reverse", typed or " ")]

    def _rows(self) -> StyleAndTextTuples:
        if not self._found:
            return [("", "No token begins so: Backspace.")]
        top = max(0, min(self._at - _ROWS // 2, len(self._found) - _ROWS))
        shown = self._found[top : top + _ROWS]
        width = max(len(symbols(one.text)) for one in shown)
        return [
            ("reverse" if place == self._at else "", _row(one, width))
            for place, one in enumerate(shown, top)
        ]


def _end(text: str) -> str:
    """The last lines of a text, as many as there is room for."""
    return visible("\n".join(text[-_CHARACTERS:].split("\n")[-_LINES:]))


def _row(one: Candidate, width: int) -> str:
    bar = "█" * round(exp(one.logprob) * _BAR)
    share = probability(-one.logprob, "nats")
    return f" {symbols(one.text):{width}}  {share:>7}  {bar:{_BAR}}\n"
