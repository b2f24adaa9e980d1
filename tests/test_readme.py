"""The README is correct and short."""

import json
import re
import tomllib

import pytest

import rnnrepl
from rnnrepl.checkpoint import registry
from rnnrepl.cli import main
from rnnrepl.files import paths
from tests.docs.pages import README, ROOT, blocks


def test_it_is_shorter_than_ten_kilobytes():
    assert len(README.encode()) < 10_240


def test_the_commands_that_set_up_are_two_lines():
    venv = "python3 -m venv .venv && .venv/bin/pip install -r"
    lines = [code for code in blocks("sh", README) if "venv" in code]
    assert lines == [
        f"{venv} requirements.txt . && .venv/bin/rnnrepl\n",
        f"{venv} requirements-test.txt -e . && .venv/bin/pytest\n",
    ]


def test_the_pinned_files_and_the_metadata_name_the_same_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert pinned("requirements-light.txt") == names(project["dependencies"])
    assert pinned("requirements.txt") == names(extras["train"])
    assert extras["all"] == [f"rnnrepl[{','.join(sorted(extras.keys() - {'all'}))}]"]


@pytest.mark.parametrize("name", ["requirements", "requirements-light"])
def test_the_files_with_hashes_have_every_pinned_version(name):
    text = (ROOT / f"{name}-hashes.txt").read_text(encoding="utf-8")
    entries = re.findall(
        r"^(\S+)==(\S+)([^\\\n]*)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", text, re.M
    )
    assert len(entries) == len(re.findall(r"^[^\s#]", text, re.M))  # each has hashes
    versions = {name.replace("-", "_"): version for name, version, *_ in entries}
    files = ("requirements-light.txt", *(["requirements.txt"] if name == "requirements" else []))
    for file in files:
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            package, equals, version = line.partition("==")
            if equals:
                assert versions[package.replace("-", "_")] == version


def pinned(file):
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if "==" in line}


def names(requirements):
    return {requirement.partition(">=")[0] for requirement in requirements}


def test_the_screen_is_what_the_program_shows(capsys):
    screen = next(code for code in blocks("", README) if "--format table" in code)
    line, expected = screen.split("\n", 1)
    assert main(line.removeprefix("> :").split(" ", 5)) == 0
    shown = capsys.readouterr().out
    assert [row.rstrip() for row in shown.splitlines()] == expected.splitlines()


def test_the_figures_of_the_shipped_models_are_those_of_their_cards():
    rows = re.findall(r"^\| `(\w+-\w+)` \|(.*)\|$", README, re.MULTILINE)
    assert [name for name, _ in rows] == sorted(
        folder.name for folder in paths.shipped_models().iterdir() if folder.is_dir()
    )
    for name, row in rows:
        folder, _ = registry.resolve(name)
        figures = json.loads((folder / "model.json").read_text(encoding="utf-8"))["figures"]
        assert f" {figures['bits_per_char']:.3f} " in row
        assert f" {figures['nats_per_token']:.3f} " in row
        assert f" {figures['perplexity']:.2f} " in row


def test_the_changelog_has_an_entry_for_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {rnnrepl.__version__}" in changelog
