"""Builds the pages of the site that have their source elsewhere in the repository.

`mkdocs.yml` names this file under `hooks`. The page of commands is generated from the definitions
that the program itself uses; README.md and its like are shown as they are. Links in every page are
written for the repository, and resolved here to pages of the site.
"""

import posixpath
import re
from typing import Any

from mkdocs.structure.files import File, Files

from rnnrepl import commands
from rnnrepl.grammar.help import KEYS, group_manual, manual
from rnnrepl.grammar.wording import Door

# Files outside docs/, and the page of the site that each becomes.
PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "checkpoints/README.md": "models.md",
    "plugins/README.md": "plugins.md",
}
_SOURCES = {page: source for source, page in PAGES.items()}
_LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the generated pages to those of docs/."""
    root = posixpath.dirname(config.config_file_path)
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=posixpath.join(root, source)))
    files.append(File.generated(config, "commands.md", content=commands_page()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Resolves the links of one page."""
    return resolve_links(markdown, page.file.src_uri)


def resolve_links(markdown: str, page: str) -> str:
    """Turns links between files of the repository into links between pages of the site.

    A link to a file that has no page, such as a source file, becomes plain text.
    """
    folder = posixpath.dirname(_SOURCES.get(page, f"docs/{page}"))

    def resolved(match: re.Match[str]) -> str:
        text, link, anchor = match.groups(default="")
        target = posixpath.normpath(posixpath.join(folder, link))
        if target in PAGES:
            target = PAGES[target]
        elif target.startswith("docs/"):
            target = target.removeprefix("docs/")
        else:
            return text
        return f"[{text}]({posixpath.relpath(target, posixpath.dirname(page) or '.')}{anchor})"

    return _LINK.sub(resolved, markdown)


def commands_page() -> str:
    """The page of commands, as Markdown: a table of all, then the help of each."""
    doors: dict[Door, list[Any]] = {
        "shell": commands.every("shell"),
        "prompt": [c for c in commands.every() if c.name not in commands.SHELL],
    }
    blocks = [
        "# Commands",
        "A command without a colon works in the shell (`rnnrepl score TEXT`) and at the prompt "
        "(`:score TEXT`); the others work at the prompt only. `rnnrepl COMMAND --help` and "
        "`:help COMMAND` show the same text as this page.",
    ]
    names = {
        command.name: f":{command.name}" if door == "prompt" else command.name
        for door, members in doors.items()
        for command in members
    }
    every = [(door, command) for door, members in doors.items() for command in members]
    rows = [f"| [`{names[c.name]}`](#{c.name}) | {c.summary} |" for _, c in every]
    blocks.append("\n".join(["| command | what it does |", "|---|---|", *rows]))
    for door, command in every:
        heading = f"## `{names[command.name]}` {{ #{command.name} }}"
        blocks.append(f"{heading}\n\n```text\n{manual(command, door)}```")
    for topic, name in commands.TOPICS.items():
        text = group_manual(commands.find(name), topic) if name else KEYS
        blocks.append(f"## `help {topic}` {{ #{topic} }}\n\n```text\n{text}```")
    return "\n\n".join(blocks) + "\n"
