"""The documentation site: its generated pages, its links and its navigation."""

import importlib.util
import re

import pytest

import rnnrepl
from rnnrepl import commands
from tests.docs.pages import PAGES, ROOT


@pytest.fixture(scope="module")
def hooks():
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_commands_has_a_row_and_a_section_for_each_and_the_topics(hooks):
    page = hooks.commands_page()
    rows = re.findall(r"^\| \[`(:?\w+)`\]\(#(\w+)\) \| (.*) \|$", page, re.MULTILINE)
    expected = [
        (c.name if c.name in commands.SHELL else f":{c.name}", c.name, c.summary)
        for c in commands.every()
    ]
    assert rows == expected
    sections = re.findall(r"^## `(:?\w+)` \{ #(\w+) \}$", page, re.MULTILINE)
    assert sections == [(typed, name) for typed, name, _ in expected]
    topics = re.findall(r"^## Help topic: (\w+) \{ #(\w+) \}$", page, re.MULTILINE)
    assert topics == [(name, name) for name in commands.TOPICS]


@pytest.mark.parametrize(
    ("page", "link", "resolved"),
    [
        ("index.md", "[a](docs/scoring.md)", "[a](scoring.md)"),
        ("index.md", "[a](plugins/README.md)", "[a](plugins.md)"),
        ("index.md", "![a](docs/screen.svg)", "![a](screen.svg)"),
        ("plugins.md", "[`char.py`](char.py)", "`char.py`"),
        ("guide/prompt.md", "[a](../scoring.md#a-text)", "[a](../scoring.md#a-text)"),
        ("guide/prompt.md", "[a](settings.md)", "[a](settings.md)"),
        ("guide/prompt.md", "[a](../../SECURITY.md)", "[a](../security.md)"),
        ("api.md", "[a](#models)", "[a](#models)"),
        ("api.md", "[a](https://example.org/b.md)", "[a](https://example.org/b.md)"),
    ],
)
def test_links_between_files_become_links_between_pages(hooks, page, link, resolved):
    assert hooks.resolve_links(link, page) == resolved


def test_the_navigation_lists_every_page(hooks):
    listed = re.findall(r"([\w/.-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    pages = {name.removeprefix("docs/") for name in PAGES if name.startswith("docs/")}
    assert sorted(listed) == sorted({*pages, *hooks.PAGES.values(), "commands.md"})


def test_the_reference_documents_every_public_name():
    documented = re.findall(r"^::: ([\w.]+)$", PAGES["docs/api.md"], re.MULTILINE)
    homes = {
        f"{getattr(rnnrepl, n).__module__}.{getattr(rnnrepl, n).__name__}" for n in rnnrepl.__all__
    }
    assert homes <= set(documented)
