"""The prompt: a line in, records out, until Ctrl-D; and the same lines from a pipe."""

import sys

from rnnrepl.app.session import Session
from rnnrepl.render import Screen


def run(session: Session, screen: Screen) -> int:
    """Talks until the person leaves; the exit code.

    Where standard input is no terminal its lines are run one by one, without a prompt, and the
    exit code is 1 if one of them failed.
    """
    if sys.stdin.isatty():
        from rnnrepl.repl.prompt import at_terminal

        return at_terminal(session, screen)
    from rnnrepl.files import text as text_files
    from rnnrepl.repl.script import play

    return play(text_files.lines(text_files.STDIN), session, screen)
