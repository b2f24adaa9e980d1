"""The grammar of commands: their definition, parsing and help."""

from rnnrepl.grammar.definition import Command as Command
from rnnrepl.grammar.definition import command as command
from rnnrepl.grammar.parameter import SETTING as SETTING
from rnnrepl.grammar.parameter import Kind as Kind
