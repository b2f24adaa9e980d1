"""The manual page: complete, and read without warnings."""

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

from rnnrepl import commands

ROOT = Path(__file__).parents[1]
SPEC = importlib.util.spec_from_file_location("man", ROOT / "docs" / "man.py")
man = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(man)


def test_every_command_has_a_section_with_its_options():
    page = man.page().replace(r"\-", "-")
    sections = re.findall(r'^\.SS "(?:rnnrepl |:)(\w+)', page, re.MULTILINE)
    assert sections == [command.name for command in commands.every()]
    for command in commands.every():
        for option in command.options:
            assert option.flag in page


def test_text_that_roff_would_read_as_requests_is_escaped():
    assert man._line(".TH it's \\n --top-k") == r"\&.TH it\(aqs \en \-\-top\-k"


@pytest.mark.skipif(not which("groff"), reason="groff is not installed")
def test_groff_formats_the_page_without_warnings():
    done = subprocess.run(
        ["groff", "-k", "-man", "-Tutf8", "-ww"],
        input=man.page(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8", "GROFF_NO_SGR": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(r".\x08", "", done.stdout)
    assert "--top-k K" in text and "rnnrepl score [TEXT ...] [OPTIONS]" in text
