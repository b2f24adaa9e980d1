"""The grammar of commands: their definition, parsing and help."""

from rnnrepl.grammar.definition import Command, command
from rnnrepl.grammar.parameter import SETTING, Kind

__all__ = ["SETTING", "Command", "Kind", "command"]
