"""What a tokenizer is, and where tokenizers are found.

A plugin is one file with one class that inherits `Tokenizer`; it imports nothing else of ours than
this module. It is found in the folder that ships, in the user's plugin folder, or through the
entry-point group `rnnrepl.tokenizers`; its name is the file's stem, or the entry point's name.
`rnnrepl.testing` holds the laws that every tokenizer keeps.
"""

from rnnrepl.errors import RnnreplError
from rnnrepl.files.chunks import lines
from rnnrepl.tokenizer.contract import Decoder, Encoding, Ids, Tokenizer
from rnnrepl.tokenizer.discovery import available, find, names
from rnnrepl.tokenizer.options import options, parse_options
from rnnrepl.tokenizer.parts import Lookup, Utf8, code_points, most_frequent, spans

__all__ = [
    "Decoder",
    "Encoding",
    "Ids",
    "Lookup",
    "RnnreplError",
    "Tokenizer",
    "Utf8",
    "available",
    "code_points",
    "find",
    "lines",
    "most_frequent",
    "names",
    "options",
    "parse_options",
    "spans",
]
