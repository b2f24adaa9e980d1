"""One line that was typed: what it means, and how its failure is told."""

from rnnrepl import commands
from rnnrepl.app.session import Session
from rnnrepl.errors import usage
from rnnrepl.grammar.parser import parse_line, split_command
from rnnrepl.render import Screen


def obey(line: str, session: Session, screen: Screen) -> bool:
    """Does what a line says, and whether that went well; what goes wrong is shown, not raised.

    Only what ends more than this line is passed on: Ctrl-C and a closed pipe.
    """
    try:
        _run(line, session, screen)
    except BrokenPipeError:
        raise
    except (Exception, SystemExit) as error:  # not even a bug may cost anyone their conversation
        screen.error(error)
        return False
    return True


def _run(line: str, session: Session, screen: Screen) -> None:
    if renewed := session.renew():
        screen.notice(renewed.text)
    if not line.startswith(":"):  # text, which the model continues
        commands.run(commands.find("gen"), {"prompt": line}, session, screen)
        return
    name, rest = split_command(line)
    if not name:
        raise usage("A command follows the colon; :help lists them.")
    command = commands.find(name)
    commands.run(command, parse_line(command, rest), session, screen)
