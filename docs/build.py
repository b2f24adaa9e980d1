"""Adds the manual page, as docs/man.py writes it, to the wheel and the sdist that are built."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ManualPage(BuildHookInterface[Any]):
    """A hook of hatchling. The page needs no package but rnnrepl itself, from its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.folder = TemporaryDirectory()
        page = Path(self.folder.name) / "rnnrepl.1"
        command = [sys.executable, str(Path(self.root) / "docs" / "man.py")]
        with page.open("wb") as file:
            environment = {**os.environ, "PYTHONPATH": self.root}
            subprocess.run(command, env=environment, stdout=file, check=True)
        if self.target_name == "wheel":
            build_data["shared_data"][str(page)] = "share/man/man1/rnnrepl.1"
        else:
            build_data["force_include"][str(page)] = "docs/rnnrepl.1"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        self.folder.cleanup()
