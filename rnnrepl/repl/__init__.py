"""The interactive prompt, and its non-interactive form for lines from a pipe."""

import sys

from rnnrepl.app.session import Session
from rnnrepl.render import Screen


def run(session: Session, screen: Screen) -> int:
    """Runs the prompt until the user leaves, and returns the exit code.

    If standard input is not a terminal, its lines, or the steps of a tour, run one by one without a
    prompt; the exit code is 1 if one of them failed.
    """
    if sys.stdin.isatty():
        from rnnrepl.repl.prompt import run_at_terminal

        return run_at_terminal(session, screen)
    from rnnrepl.files import text as text_files
    from rnnrepl.repl.script import run_script

    lines = () if session.tour else text_files.lines(text_files.STDIN)
    return run_script(lines, session, screen)
