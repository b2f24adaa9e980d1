"""One line that was typed: what it means, and how its failure is told."""

from rnnrepl import commands
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.parser import parse_line, split_command
from rnnrepl.render import Screen
from rnnrepl.session import Session


def obey(line: str, session: Session, screen: Screen) -> bool:
    """Does what a line says, and whether that went well; what goes wrong is shown, not raised.

    Only what ends more than this line is passed on: Ctrl-C and a closed pipe.
    """
    try:
        _run(line, session, screen)
    except RnnreplError as error:
        screen.error(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        screen.error(RnnreplError(f"The system refused: {error}."))
    except Exception as error:  # a bug of ours must not cost anyone their conversation
        screen.error(error)
        screen.notice("This is a bug in rnnrepl: please report it, with the lines above.")
    else:
        return True
    return False


def _run(line: str, session: Session, screen: Screen) -> None:
    if not line.startswith(":"):  # text, which the model continues
        commands.run(commands.find("gen"), {"prompt": line}, session, screen)
        return
    name, rest = split_command(line)
    if not name:
        raise usage("A command follows the colon; :help lists them.")
    command = commands.find(name)
    commands.run(command, parse_line(command, rest), session, screen)
