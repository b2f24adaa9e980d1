"""The session: the model, the conversation and the settings between two commands."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Protocol

from rnnrepl.app.settings import MACHINE_SETTINGS, Settings
from rnnrepl.errors import RnnreplError
from rnnrepl.grammar import SETTING, Kind
from rnnrepl.grammar.wording import Interface
from rnnrepl.ranges import LENGTH, SEED
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.app.tour import Step
    from rnnrepl.conversation.dialogue import Dialogue
    from rnnrepl.conversation.picking import Picking
    from rnnrepl.conversation.tree import Conversation
    from rnnrepl.model import Model
    from rnnrepl.results.scores import Score
    from rnnrepl.rnn.network import Context

DEFAULT_MODEL = "shakespeare-char"
TEXT_LENGTH, TURN_LENGTH = 200, 500  # tokens of a continuation, and of a turn in a chat

# What a tour sets aside.
_SET_ASIDE = ("_model", "_loaded", "_stamp", "settings", "conversation", "chat", "last_score")
_TAIL = 60  # characters at the end of a text that show the position

# Options that several commands share.
ModelName = Annotated[
    str | None, "name, folder or hf:OWNER/NAME (default: the current one)", Kind.MODEL, SETTING
]
Show = Annotated[Literal["text", "bits"], "plain text, or colored by surprisal", SETTING]
Seed = Annotated[int | None, "random seed S (default: a new one each time)", SEED, SETTING]
Length = Annotated[
    int | None, "maximum length, in tokens (default: 200, of a turn 500)", LENGTH, SETTING
]
Match = Annotated[str, "generate only text that matches a regular expression", SETTING]
Clamp = Annotated[
    tuple[str, ...], "hold a unit at a value: L:K=V, or L:K.c=V for its cell", Kind.CLAMP, SETTING
]
Device = Annotated[str, "cpu, cuda, cuda:1, mps, xpu or auto", Kind.DEVICE, SETTING]
Encoding = Annotated[
    str, "encoding E, such as cp1252 (default: UTF-8, or UTF-16 by its byte order mark)"
]
Column = Annotated[str, "column of the file, a TSV or CSV, with the texts"]
Float64 = Annotated[bool, "compute in float64, on the CPU"]


class Dialogs(Protocol):
    """The dialogs that a command can open at a terminal."""

    def pick(self, picking: "Picking") -> None:
        """Lets the user choose tokens."""

    def edit(self, text: str, *, editor: bool) -> str | None:
        """Returns the text as edited, at the prompt or in $EDITOR; None if cancelled.

        Raises RnnreplError if the editor does not exist.
        """

    def confirm(self, question: str) -> bool:
        """Asks a question; returns whether the answer is yes."""

    def run_in_background(self, notices: Iterable[Notice]) -> None:
        """Runs a task in the background; its notices appear above the prompt."""


class LastScore(NamedTuple):
    """The last text that was scored, with the model, and the context that the text continued."""

    score: "Score"
    model: "Model"
    context: "Context | None"


class Session:
    """One conversation with one model at a time; at the shell a session is one command.

    `dialogs` is None without a terminal, and so is `confirm`, which asks a question and returns
    whether the answer is yes. `over` ends the prompt. `chat` are the speakers while there is a
    chat, `tour` the steps that are left of a tour. `last_score` is what `:why` explains without a
    text. `getting_ready` has the names of runs that have not begun to train, `reported` the folders
    of runs whose end a command has shown.
    """

    def __init__(self, interface: Interface, settings: Settings, model: str | None = None) -> None:
        self.interface = interface
        self.settings = settings
        if model is not None:
            settings.update({"model": model}, "command line")
        self.dialogs: Dialogs | None = None
        self.confirm: Callable[[str], bool] | None = None
        self.over = False
        self.chat: Dialogue | None = None
        self.last_score: LastScore | None = None
        self.tour: list[Step] = []
        self.getting_ready: list[str] = []
        self.reported: list[Path] = []
        self._model: Model | None = None
        self._loaded = ("", "")  # name and device of the model
        self._stamp: tuple[int, ...] | None = None
        self._before: tuple[Session, Notice] | None = None  # what a tour set aside, and its end
        self.conversation: Conversation
        self.reset()

    @property
    def name(self) -> str:
        """The name of the session's model, which is a setting."""
        return self.settings["model"] or DEFAULT_MODEL

    @property
    def model(self) -> "Model":
        """The session's model, loaded on first use."""
        return self.use(None, self.settings["device"])

    @property
    def context(self) -> "Context | None":
        """The context at the current position; None at the beginning."""
        return self.conversation.at.context

    def place(self) -> Notice:
        """Returns a line with the current position and the end of the text before it."""
        at = self.conversation.at
        if not at.parent:
            return Notice("At the beginning; the context is empty.")
        text = self.conversation.text.replace("\n", "⏎")
        text = text if len(text) <= _TAIL else f"…{text[-_TAIL:]}"
        return Notice(f"Node {at.number}, {at.read:,} tokens: {text}")

    def load(self, name: str, device: str) -> "Model":
        """Changes the session's model and device, and begins a new conversation.

        Raises RnnreplError, and changes nothing, if the model cannot be loaded.
        """
        self._open(name, device)
        self.settings.update({"model": name}, ":load")
        if device != self.settings["device"]:
            self.settings.set("device", device, ":load")
        self.reset()
        self.chat = None
        return self.model

    def renew(self) -> Notice | None:
        """Loads newer weights from the model's folder, as a running training publishes them.

        The conversation is kept and read again, unless the model now has other tokens. Nothing
        changes if the weights cannot be loaded.
        """
        old = self._model
        name, device = self._loaded
        if old is None or name != self.name or (stamp := _stamp(name)) in (None, self._stamp):
            return None
        try:
            new = self._open(name, device)
        except RnnreplError:
            self._stamp = stamp  # one attempt per published version
            return None
        if new.tokenizer.tokens != old.tokenizer.tokens:
            self.reset()
            self.chat = None
            return Notice(
                f"{self.name} is now a model with other tokens; a new conversation begins."
            )
        from rnnrepl.conversation.turns import rescore

        rescore(new, self.conversation)
        return Notice(f"{self.name} has newer weights{_reached(new)}; the conversation goes on.")

    def _open(self, name: str, device: str) -> "Model":
        stamp = _stamp(name)  # before loading: weights published meanwhile are newer
        self._model = _load(name, device)
        self._stamp, self._loaded = stamp, (name, device)
        return self._model

    def has_open(self, path: Path) -> bool:
        """Whether the model of the prompt is in this folder or file."""
        return self.interface == "prompt" and self._names(path)

    def configured(self, path: Path) -> str:
        """The file whose setting `model` names the model in this folder; empty if none does."""
        origin = self.settings.setting("model").origin
        return origin if origin.endswith("config.toml") and self._names(path) else ""

    def _names(self, path: Path) -> bool:
        """Whether the current model is in this folder or file."""
        from rnnrepl.checkpoint import hub, registry

        if not self.name.startswith(hub.PREFIX):
            with suppress(RnnreplError, OSError):
                return registry.resolve(self.name)[0].samefile(path)
        return False

    def renamed(self, name: str) -> None:
        """Goes on with the model, and the conversation, under the new name of its folder."""
        self.settings.update({"model": name}, ":rename")
        if self._model is not None:
            self._open(name, self._loaded[1])

    def owns(self, name: str | None) -> bool:
        """Whether this is the session's model, whose conversation a command can continue."""
        return name in (None, self.name)

    def use(self, name: str | None, device: str, *, float64: bool = False) -> "Model":
        """Returns the model that a command names, or else the session's model.

        With `float64` it computes in double precision on the CPU. Raises RnnreplError if the model
        cannot be loaded.
        """
        if float64:
            return self.use(name, device).double()
        if not self.owns(name) or device != self.settings["device"]:
            return _load(name or self.name, device)
        if self._model is not None and self._loaded == (self.name, device):
            return self._model
        if self._loaded[0] not in ("", self.name):  # another setting, for example by a preset
            self.reset()
        return self._open(self.name, device)

    def length(self, given: int | None) -> int:
        """The maximum length of what is generated next, by default that of a turn in a chat."""
        return given if given is not None else TURN_LENGTH if self.chat else TEXT_LENGTH

    def begin_tour(self, steps: "list[Step]", over: Notice) -> bool:
        """Begins a tour: the default model and settings, and a new conversation, until it is over.

        Returns whether this differs from what is set aside for that time. Raises RnnreplError, and
        changes nothing, if the model cannot be loaded.
        """
        differs = (
            self.name != DEFAULT_MODEL
            or len(self.conversation.nodes) > 1
            or self.chat is not None
            or bool(self.settings.changed.difference(MACHINE_SETTINGS))
        )
        before = copy(self) if self._before is None else self._before[0]
        settings = self.settings.only(("color", "device"))
        self._open(DEFAULT_MODEL, settings["device"])
        self._before, self.settings, self.tour = (before, over), settings, steps
        self.chat = self.last_score = None
        self.reset()
        return differs

    def end_tour(self) -> Notice | None:
        """Restores what a tour has set aside, once no step is left; None if no tour is over."""
        if self.tour or self._before is None:
            return None
        (before, over), self._before = self._before, None
        vars(self).update((name, getattr(before, name)) for name in _SET_ASIDE)
        return over

    def reset(self) -> None:
        """Begins a new conversation."""
        from rnnrepl.conversation.tree import Conversation

        self.conversation = Conversation()


def _load(name: str, device: str) -> "Model":
    from rnnrepl.files.model_folders import names
    from rnnrepl.model import load

    if name == DEFAULT_MODEL and name not in names():
        raise RnnreplError(f"{name} is not installed with this copy. Train or name a model.")
    return load(name, device=device)


def _stamp(name: str) -> tuple[int, ...] | None:
    """Identifies the version of a model's weights file; None if there is none."""
    from rnnrepl import checkpoint, lookup
    from rnnrepl.checkpoint.hub import PREFIX

    if name.startswith(PREFIX):
        return None  # a version of a repository does not change, and each look is a request
    with suppress(RnnreplError, OSError):
        folder, last = lookup.model_folder(name)
        stat = checkpoint.weights_file(folder, last=last).stat()
        return stat.st_mtime_ns, stat.st_ino, stat.st_size
    return None


def _reached(model: "Model") -> str:
    bits = model.card.figures.get("bits_per_char")
    return f" ({bits:.3f} bits/char)" if bits else ""
