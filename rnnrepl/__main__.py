"""Entry point of `python -m rnnrepl`."""

import os
import sys
from pathlib import Path

# Python puts the current folder first, where any file may have the name of a library.
first = Path(sys.path[0])
if first != Path(__file__).parents[1] and first.is_dir() and first.samefile(os.curdir):
    del sys.path[0]

from rnnrepl.cli import main  # noqa: E402

sys.exit(main())
