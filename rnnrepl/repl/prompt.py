"""The line editor and its loop."""

import sys
from shlex import quote

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, get_app
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.output.defaults import create_output
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal

from rnnrepl import __version__
from rnnrepl.app.session import Session
from rnnrepl.files import paths
from rnnrepl.render import Screen
from rnnrepl.repl.background import PAUSE, Background
from rnnrepl.repl.completer import LineCompleter
from rnnrepl.repl.dialogs import Dialogs, depth
from rnnrepl.repl.dispatch import obey
from rnnrepl.repl.history import history
from rnnrepl.repl.keys import keys
from rnnrepl.repl.loader import Loader
from rnnrepl.repl.notifications import Asides
from rnnrepl.repl.toolbar import toolbar

_WELCOME = f"""\
rnnrepl {__version__}. Type a text and the model continues it; Enter alone goes on.
:score TEXT colours it by surprisal, :help lists the commands, Ctrl-D leaves."""
_STYLE = Style.from_dict({"prompt": "bold", "auto-suggestion": "italic #8a8a8a"})


def at_terminal(session: Session, screen: Screen) -> int:
    """Talks on the terminal, also where standard output goes elsewhere; the exit code."""
    dumb = is_dumb_terminal()
    output = PlainTextOutput(sys.stdout) if dumb else create_output(always_prefer_tty=True)
    with create_app_session(output=output):
        return converse(session, screen)


def converse(session: Session, screen: Screen) -> int:
    """Reads lines and obeys them until the person leaves; the exit code."""
    screen.door, background = session.door, Background()
    editor = _editor(session, screen, background)
    asides = Asides(screen, editor.app)
    loader = Loader(session, asides.say)
    editor.app.after_render += lambda _: loader.begin()
    session.dialogs = None if is_dumb_terminal() else Dialogs(screen, asides)
    screen.notice(_WELCOME)
    while not session.over:
        screen.color = session.settings["color"]
        editor.color_depth = depth(screen)
        for sentence in background.ended():
            screen.notice(sentence)
        asides.tell()
        live = asides.expected or background.look()
        try:
            line = editor.prompt(refresh_interval=PAUSE if live else 0)
            loader.wait()
            obey(line, session, screen)
        except KeyboardInterrupt:  # it ended what ran; what that had reached is kept
            continue
        except EOFError:
            break
    asides.tell()
    screen.door = "shell"  # where one stands when one reads what follows
    if asides.expected:
        screen.notice("A run that is getting ready goes on; `rnnrepl runs` lists it then.")
    for run in background.look():
        if run.state == "running":
            screen.notice(f"{run.name} goes on; `rnnrepl watch {quote(run.name)}` shows it.")
    return 0


def _editor(session: Session, screen: Screen, background: Background) -> PromptSession[str]:
    return PromptSession(
        [("", "\n"), ("class:prompt", "> ")],
        multiline=True,
        prompt_continuation=lambda _width, _line, wraps: "  " if wraps else "… ",
        history=history(paths.user_state()),
        auto_suggest=AutoSuggestFromHistory(),
        completer=LineCompleter(session),
        complete_in_thread=True,
        key_bindings=keys(screen),
        bottom_toolbar=lambda: _bottom(session, background, get_app().output.get_size().columns),
        reserve_space_for_menu=6,
        enable_suspend=True,
        enable_open_in_editor=True,
        style=_STYLE,
    )


def _bottom(session: Session, background: Background, width: int) -> str:
    return "\n".join(filter(None, (background.line(width), toolbar(session, width))))
