"""The pages that are written for people, and the code blocks in them."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATHS = [
    *(ROOT / name for name in ("README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "checkpoints" / "README.md",
    ROOT / "plugins" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PATHS}
README = PAGES["README.md"]


def blocks(language: str, page: str) -> list[str]:
    """The code blocks of a language ("" for those without one), without their fences."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [code for name, code in fenced if name == language]


def every(language: str) -> list[tuple[str, str]]:
    """The code blocks of a language in all pages, each with the name of its page."""
    return [(name, code) for name, page in PAGES.items() for code in blocks(language, page)]
