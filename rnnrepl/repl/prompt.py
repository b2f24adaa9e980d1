"""The prompt: a line editor in a loop."""

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
from rnnrepl.render.sanitize import sanitize
from rnnrepl.repl.background import INTERVAL, BackgroundRuns
from rnnrepl.repl.characters import show_unsafe_characters
from rnnrepl.repl.completer import LineCompleter
from rnnrepl.repl.dialogs import PromptDialogs, depth
from rnnrepl.repl.dispatch import execute
from rnnrepl.repl.history import history
from rnnrepl.repl.interrupts import Terminated, ends_in_order, imports_finish
from rnnrepl.repl.keys import prompt_keys
from rnnrepl.repl.loader import ModelLoader
from rnnrepl.repl.notifications import Notifications
from rnnrepl.repl.toolbar import toolbar
from rnnrepl.repl.typeahead import keys_after_history, keys_wait, translate_line_ends

_WELCOME = f"""\
rnnrepl {__version__}. Type a text to continue; an empty line continues further.
:score TEXT shows its surprisal, :help lists the commands, Ctrl-D leaves."""
_STYLE = Style.from_dict({"prompt": "bold", "auto-suggestion": "italic #8a8a8a"})


def run_at_terminal(session: Session, screen: Screen) -> int:
    """Runs the prompt on the terminal, even if standard output is redirected; the exit code."""
    dumb = is_dumb_terminal()
    output = PlainTextOutput(sys.stdout) if dumb else create_output(always_prefer_tty=True)
    code = 0
    with create_app_session(output=output), ends_in_order(session) as ending:
        try:
            code = run_prompt(session, screen)
        except (OSError, Terminated):  # the window has been closed, or a signal came between lines
            if not ending.number:
                raise
    return 128 + ending.number if ending.number else code


def run_prompt(session: Session, screen: Screen) -> int:
    """Reads and executes lines until the user leaves; the exit code."""
    show_unsafe_characters()
    screen.interface, background = session.interface, BackgroundRuns()
    editor = _editor(session, screen, background)
    translate_line_ends(editor.input)
    notifications = Notifications(screen, editor.app)
    loader = ModelLoader(session, notifications.post)
    editor.app.after_render += lambda _: loader.start_once()
    session.dialogs = None if is_dumb_terminal() else PromptDialogs(screen, notifications)
    session.confirm = session.dialogs.confirm if session.dialogs else None
    if not session.tour:
        screen.notice(_WELCOME)
    while not session.over:
        if over := session.end_tour():
            screen.notice(over.text)
        screen.color = session.settings["color"]
        editor.color_depth = depth(screen)
        for message in background.messages(session.reported):
            screen.notice(message)
        notifications.show()
        busy = notifications.pending or background.runs()
        step = session.tour[0] if session.tour else None
        if step:
            screen.write(f"\n{step.text}\n")
        try:
            line = editor.prompt(
                default=step.line if step else "",
                refresh_interval=INTERVAL if busy else 0,
                pre_run=lambda: keys_after_history(editor.app),
            )
            del session.tour[:1]
            with keys_wait(), imports_finish():
                loader.wait()
                execute(line, session, screen)
        except KeyboardInterrupt:  # left a tour, or stopped a command; its results are kept
            session.tour.clear()
        except (EOFError, Terminated):
            break
    notifications.show()
    screen.interface = "shell"  # the user reads the following messages there
    if notifications.pending:
        screen.notice("A run is still starting; `rnnrepl runs` will list it.")
    for run in background.runs():
        if run.state == "running":
            watch = f"`rnnrepl watch {quote(run.name)}`"
            screen.notice(f"{run.name} is still running; {watch} shows it.")
    return 0


def _editor(session: Session, screen: Screen, background: BackgroundRuns) -> PromptSession[str]:
    return PromptSession(
        lambda: [("", "\n"), ("class:prompt", f"{_speaker(session)}> ")],
        multiline=True,
        prompt_continuation=lambda width, _line, wraps: ("" if wraps else "…").ljust(width),
        history=history(paths.user_state()),
        auto_suggest=AutoSuggestFromHistory(),
        completer=LineCompleter(session),
        complete_in_thread=True,
        key_bindings=prompt_keys(screen, lambda: session.tour[0].line if session.tour else ""),
        bottom_toolbar=lambda: _toolbars(session, background, get_app().output.get_size().columns),
        reserve_space_for_menu=6,
        enable_suspend=True,
        style=_STYLE,
    )


def _speaker(session: Session) -> str:
    """The name of the user in a chat."""
    return sanitize(session.chat.speaker, keep="") if session.chat else ""


def _toolbars(session: Session, background: BackgroundRuns, width: int) -> str:
    return "\n".join(filter(None, (background.status_line(width), toolbar(session, width))))
