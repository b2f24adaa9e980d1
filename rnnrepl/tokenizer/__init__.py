"""The tokenizer interface for plugins, and the discovery of tokenizers.

A plugin is one file with one class that inherits `Tokenizer`, and imports only this module of
rnnrepl. Tokenizers are discovered in the shipped folder, in the user's plugin folder and in the
entry-point group `rnnrepl.tokenizers`; the name is the file's stem or that of the entry point.
`rnnrepl.testing` has the conformance tests.
"""

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import lines
from rnnrepl.files.reading import read_bytes
from rnnrepl.tokenizer.confined import Confined
from rnnrepl.tokenizer.contract import Decoder, Encoding, Ids, Tokenizer
from rnnrepl.tokenizer.discovery import available, find, names
from rnnrepl.tokenizer.options import options, parse_options
from rnnrepl.tokenizer.parts import Lookup, Utf8, code_points, most_frequent, spans
from rnnrepl.tokenizer.patterns import compile_pattern
from rnnrepl.tokenizer.restore import checked, restore

__all__ = [
    "Confined",
    "Decoder",
    "Encoding",
    "Ids",
    "Lookup",
    "RnnreplError",
    "Tokenizer",
    "Utf8",
    "available",
    "checked",
    "code_points",
    "compile_pattern",
    "find",
    "lines",
    "most_frequent",
    "names",
    "options",
    "parse_options",
    "read_bytes",
    "restore",
    "spans",
]
