"""The tokenizer interface for plugins, and the discovery of tokenizers.

A plugin is one file with one class that inherits `Tokenizer`, and imports only this module of
rnnrepl. Tokenizers are discovered in the shipped folder, in the user's plugin folder and in the
entry-point group `rnnrepl.tokenizers`; the name is the file's stem or that of the entry point.
`rnnrepl.testing` has the conformance tests.
"""

from rnnrepl.errors import RnnreplError as RnnreplError
from rnnrepl.files.chunks import lines as lines
from rnnrepl.files.reading import read_bytes as read_bytes
from rnnrepl.tokenizer.confined import Confined as Confined
from rnnrepl.tokenizer.contract import Decoder as Decoder
from rnnrepl.tokenizer.contract import Encoding as Encoding
from rnnrepl.tokenizer.contract import Ids as Ids
from rnnrepl.tokenizer.contract import Tokenizer as Tokenizer
from rnnrepl.tokenizer.discovery import available as available
from rnnrepl.tokenizer.discovery import find as find
from rnnrepl.tokenizer.discovery import names as names
from rnnrepl.tokenizer.options import options as options
from rnnrepl.tokenizer.options import parse_options as parse_options
from rnnrepl.tokenizer.parts import Lookup as Lookup
from rnnrepl.tokenizer.parts import Utf8 as Utf8
from rnnrepl.tokenizer.parts import code_points as code_points
from rnnrepl.tokenizer.parts import most_frequent as most_frequent
from rnnrepl.tokenizer.parts import spans as spans
from rnnrepl.tokenizer.patterns import compile_pattern as compile_pattern
from rnnrepl.tokenizer.restore import TokenizerError as TokenizerError
from rnnrepl.tokenizer.restore import checked as checked
from rnnrepl.tokenizer.restore import restore as restore
