"""What lasts between two lines: the model, the conversation, the settings."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from rnnrepl.app.settings import Settings
from rnnrepl.conversation.tree import Conversation
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import SETTING, Kind
from rnnrepl.grammar.wording import Door
from rnnrepl.results import Notice

if TYPE_CHECKING:
    from rnnrepl.conversation.picking import Picking
    from rnnrepl.model import Model
    from rnnrepl.rnn.network import Context

DEFAULT_MODEL = "shakespeare-char"

_TAIL = 60  # characters of a text that are enough to know the place

# Options that several commands have; `Session.use` takes those by which one says what it runs.
ModelName = Annotated[str | None, "the model, by name or folder", Kind.MODEL]
Show = Annotated[
    Literal["text", "bits"], "the text as it comes, or coloured by its surprisal in bits", SETTING
]
Match = Annotated[str, "write only what can match this regular expression", SETTING]
Device = Annotated[str, "where the network runs: cpu, cuda, mps, ...", Kind.DEVICE, SETTING]
Float64 = Annotated[bool, "compute in double precision, on the CPU"]


class Dialogs(Protocol):
    """What a command may ask the person at the terminal for."""

    def pick(self, picking: "Picking") -> None:
        """Lets them choose tokens until they have enough."""

    def edit(self, text: str, *, editor: bool) -> str | None:
        """The text as they change it, at the prompt or in $EDITOR; None if they would rather not.

        Raises RnnreplError where there is no such editor.
        """

    def behind(self, notices: Iterable[Notice]) -> None:
        """Lets something go on behind the prompt, which says above it what comes of that."""


class Session:
    """One conversation with one model at a time, at either door; at the shell it is one command.

    `dialogs` is there where a person sits at a terminal; `over` ends the prompt.
    """

    def __init__(self, door: Door, settings: Settings, model: str = DEFAULT_MODEL) -> None:
        self.door = door
        self.settings = settings
        self.name = model
        self.conversation = Conversation()
        self.dialogs: Dialogs | None = None
        self.over = False
        self._model: Model | None = None
        self._device = ""
        self._stamp: tuple[int, ...] | None = None

    @property
    def model(self) -> "Model":
        """The session's model, loaded when it is first asked for."""
        return self.use(None, self.settings["device"])

    @property
    def context(self) -> "Context | None":
        """Where the conversation stands; None at its beginning."""
        return self.conversation.at.context

    def place(self) -> Notice:
        """One line that says where the conversation stands, with the end of its text."""
        at = self.conversation.at
        if not at.parent:
            return Notice("At the beginning: nothing is read.")
        text = self.conversation.text.replace("\n", "⏎")
        text = text if len(text) <= _TAIL else f"…{text[-_TAIL:]}"
        return Notice(f"Node {at.number}, {at.read:,} tokens: {text}")

    def load(self, name: str, device: str) -> "Model":
        """Makes a model the session's, and its device; the conversation begins anew.

        Raises RnnreplError, and leaves all as it was, where the model cannot be opened.
        """
        self._take(name, device)
        self.name = name
        if device != self.settings["device"]:
            self.settings.set("device", device, ":load")
        self.reset()
        return self.model

    def renew(self) -> Notice | None:
        """Takes up newer weights, where the model's folder has some, as that of a run that goes on.

        The conversation stays, and is read anew. What cannot be opened leaves all as it was.
        """
        old = self._model
        if old is None or (stamp := _stamp(self.name)) in (None, self._stamp):
            return None
        try:
            new = self._take(self.name, self._device)
        except RnnreplError:
            self._stamp = stamp  # one attempt a publication
            return None
        if new.tokenizer.tokens != old.tokenizer.tokens:
            self.reset()
        else:
            from rnnrepl.conversation.turns import rescore

            rescore(new, self.conversation)
        return Notice(f"{self.name} has newer weights{_reached(new)}; the conversation goes on.")

    def _take(self, name: str, device: str) -> "Model":
        stamp = _stamp(name)  # first: what is published meanwhile is newer
        self._model = _load(name, device)
        self._stamp, self._device = stamp, device
        return self._model

    def owns(self, name: str | None) -> bool:
        """Whether this names the session's model, so that its conversation can go on."""
        return name in (None, self.name)

    def use(self, name: str | None, device: str, *, float64: bool = False) -> "Model":
        """The model that a command means: the session's own, or the one it names.

        With `float64` it computes in double precision, whatever the device. Raises RnnreplError
        where the model cannot be opened.
        """
        if float64:
            return self.use(name, device).double()
        if not self.owns(name) or device != self.settings["device"]:
            return _load(name or self.name, device)
        if self._model is None or device != self._device:
            return self._take(self.name, device)
        return self._model

    def reset(self) -> None:
        """Back to the beginning of a text."""
        self.conversation = Conversation()


def _load(name: str, device: str) -> "Model":
    from rnnrepl.checkpoint.registry import names
    from rnnrepl.model import load

    if name == DEFAULT_MODEL and name not in names():
        raise RnnreplError(f"{name} does not ship with this copy: train or name a model.")
    return load(name, device=device)


def _stamp(name: str) -> tuple[int, ...] | None:
    """What changes when other weights take the place of a model's; None where there are none."""
    from rnnrepl import checkpoint
    from rnnrepl.checkpoint import registry

    with suppress(RnnreplError, OSError):
        folder, last = registry.locate(name)
        found = (folder / (checkpoint.LAST if last else checkpoint.WEIGHTS)).stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return None


def _reached(model: "Model") -> str:
    bits = model.card.figures.get("bits_per_char")
    return f", which reached {bits:.3f} bits/char" if bits else ""
