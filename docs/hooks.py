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
from rnnrepl.grammar.wording import Interface

# Files outside docs/, and the page of the site that each becomes.
PAGES = {
    "README.md": "index.md",
    "README.ko.md": "index.ko.md",
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
    """Returns the page of commands as Markdown: a table, the help of each command, the topics."""
    sections: dict[str, tuple[str, str, str]] = {}  # name: as typed, summary, help
    for command in commands.every():
        interface: Interface = "shell" if command.name in commands.SHELL else "prompt"
        typed = command.name if interface == "shell" else f":{command.name}"
        sections[command.name] = typed, command.summary, manual(command, interface)
    rows = [f"| [`{typed}`](#{name}) | {line} |" for name, (typed, line, _) in sections.items()]
    topics = {
        name: KEYS if name == "keys" else group_manual(commands.find(home), name)
        for name, home in commands.TOPICS.items()
    }
    return "\n\n".join(
        [
            "# Commands",
            "A command without a colon works in the shell (`rnnrepl score TEXT`) and at the prompt "
            "(`:score TEXT`), a command with a colon at the prompt only. `rnnrepl COMMAND --help` "
            "and `:help COMMAND` show the same help. Options that several commands share are "
            "explained once, in the sections at the end.",
            "\n".join(["| command | what it does |", "|---|---|", *rows]),
            *(_section(f"`{typed}`", name, help) for name, (typed, _, help) in sections.items()),
            *(_section(f"Help topic: {name}", name, help) for name, help in topics.items()),
        ]
    )


def _section(title: str, anchor: str, help: str) -> str:
    return f"## {title} {{ #{anchor} }}\n\n```text\n{help}```"
