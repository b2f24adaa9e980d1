"""What a command is, and how the words that were typed for it become values."""

from rnnrepl.grammar.definition import Command, command
from rnnrepl.grammar.parameter import SETTING, AtLeast, Kind

__all__ = ["SETTING", "AtLeast", "Command", "Kind", "command"]
