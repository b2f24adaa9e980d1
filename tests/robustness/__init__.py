"""Generated, seeded inputs of every kind; ROBUSTNESS_SCALE multiplies how many there are."""

import os

SCALE = int(os.environ.get("ROBUSTNESS_SCALE", 1))
