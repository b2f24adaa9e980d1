"""Entry point of `python -m rnnrepl`."""

import sys

from rnnrepl.cli import main

sys.exit(main())
