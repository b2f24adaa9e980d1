"""Discovery of tokenizers in a checkout, wheels, plugin folders and installed packages."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

import rnnrepl
from rnnrepl import tokenizer
from rnnrepl.files import paths
from tests.tokenizer.test_plugin_files import PLUGIN, SHIPPED

ROOT = Path(__file__).resolve().parents[2]

ASK = """
import json, rnnrepl.tokenizer
print(json.dumps({t.name: [t.source, t.broken] for t in rnnrepl.tokenizer.available()}))
"""

BUILD = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""


def written(language):
    """The code blocks of the page on plugins."""
    page = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
    return [dedent(block) for block in re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)]


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python(*arguments, **more):
    return run(sys.executable, *arguments, **more)


def build(source, out):
    python("-m", "hatchling", "build", "--target", "wheel", "--directory", out, cwd=source)
    return next(out.glob("*.whl"))


def build_from_sdist(source, out):
    python("-m", "build", "--no-isolation", "--outdir", out, cwd=source)
    return next(out.glob("*.whl")), next(out.glob("*.tar.gz"))


def install(wheel, target):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)


def ask(*path, cwd, script=ASK, **environment):
    """The tokenizers that a Python with only these folders on its path lists."""
    search = os.pathsep.join(map(str, path))
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return json.loads(
        python("-c", script, cwd=cwd, env=clean | {"PYTHONPATH": search} | environment)
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The wheel built from the checkout, the wheel built from the sdist, and the sdist."""
    straight = build(ROOT, tmp_path_factory.mktemp("straight"))
    return straight, *build_from_sdist(ROOT, tmp_path_factory.mktemp("around"))


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    install(wheels[0], target)
    return target


@pytest.fixture(scope="module")
def third_party(tmp_path_factory):
    """The example package of the page on plugins, installed, with a broken entry point added."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("third-party")
    project = written("toml")[0].replace("{ ", '{ gone = "rnnrepl_syllable:Gone", ')
    (source / "pyproject.toml").write_text(BUILD + project, encoding="utf-8")
    (source / "rnnrepl_syllable.py").write_text(written("python")[0], encoding="utf-8")
    install(build(source, tmp_path_factory.mktemp("dist")), target)
    return target


def test_from_a_checkout_that_is_not_installed(tmp_path):
    folder = ROOT / "plugins"
    assert ask(ROOT, cwd=tmp_path) == {name: [str(folder / f"{name}.py"), None] for name in SHIPPED}


def test_from_the_wheel(installed, tmp_path):
    folder = installed / "rnnrepl" / "_shipped" / "plugins"
    assert ask(installed, cwd=tmp_path) == {
        name: [str(folder / f"{name}.py"), None] for name in SHIPPED
    }


def files(*patterns):
    """The files of the checkout that match, by their paths in it."""
    return {path.relative_to(ROOT).as_posix() for p in patterns for path in ROOT.glob(p)}


PACKAGE = files("rnnrepl/**/*.py", "rnnrepl/py.typed", "rnnrepl/app/tour.toml")
MODEL = ("model.json", "tokenizer.json", "weights.safetensors")
SHIPPED_FILES = files("plugins/*.py", "*s/README.md", *(f"checkpoints/*/{name}" for name in MODEL))
NAME = f"rnnrepl-{rnnrepl.__version__}"
MANUAL = "share/man/man1/rnnrepl.1"


def test_the_wheel_contains_what_it_should_and_nothing_else(wheels):
    straight, around, _ = wheels
    names = zipfile.ZipFile(straight).namelist()
    assert straight.name == f"{NAME}-py3-none-any.whl" and len(set(names)) == len(names)
    info = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    assert {*names} == {
        *PACKAGE,
        *(f"rnnrepl/_shipped/{name}" for name in SHIPPED_FILES),
        *(f"{NAME}.dist-info/{name}" for name in info),
        f"{NAME}.data/data/{MANUAL}",
    }
    assert sorted(zipfile.ZipFile(around).namelist()) == sorted(names)


def test_the_sdist_contains_what_the_wheel_is_built_from(wheels):
    with tarfile.open(wheels[2]) as archive:
        names = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    pages = {"README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO", "docs/rnnrepl.1"}
    build = {"pyproject.toml", ".gitignore", "docs/build.py", "docs/man.py"}
    assert names == {*PACKAGE, *SHIPPED_FILES, *pages, *build}


def test_the_manual_in_the_wheel_is_that_of_the_commands(wheels):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    page = python(str(ROOT / "docs" / "man.py"), env=environment, encoding="utf-8")
    with zipfile.ZipFile(wheels[0]) as archive:
        assert archive.read(f"{NAME}.data/data/{MANUAL}").decode() == page


def test_from_the_users_plugin_folder(installed, tmp_path, home):
    folder = home / "config" / "plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text(PLUGIN, encoding="utf-8")
    assert ask(installed, cwd=tmp_path)["mine"] == [str(folder / "mine.py"), None]


def test_from_a_folder_that_a_variable_names(installed, tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN, encoding="utf-8")
    tokenizers = ask(installed, cwd="/", RNNREPL_PLUGINS=str(tmp_path))
    assert tokenizers["mine"] == [str(tmp_path / "mine.py"), None]


def test_from_the_entry_point_of_a_third_partys_package(installed, third_party, tmp_path):
    tokenizers = ask(installed, third_party, cwd=tmp_path)
    assert tokenizers["syllable"] == ["package rnnrepl-syllable", None]
    assert sorted(tokenizers) == sorted([*SHIPPED, "syllable", "gone"])


def test_a_broken_entry_point_is_listed_as_broken_and_does_not_affect_others(
    installed, third_party, tmp_path
):
    tokenizers = ask(installed, third_party, cwd=tmp_path)
    assert "'gone' (package rnnrepl-syllable) is broken: AttributeError" in tokenizers["gone"][1]
    assert [name for name, (_, broken) in tokenizers.items() if broken] == ["gone"]


def test_two_tokenizers_of_one_name_are_an_error_that_names_both(installed, third_party, tmp_path):
    (tmp_path / "syllable.py").write_text(PLUGIN, encoding="utf-8")
    tokenizers = ask(installed, third_party, cwd="/", RNNREPL_PLUGINS=str(tmp_path))
    assert tokenizers["syllable"][1] == (
        f"Two tokenizers are called 'syllable': {tmp_path / 'syllable.py'} and package "
        "rnnrepl-syllable. Rename or remove one."
    )


def test_the_tokenizer_of_the_page_on_plugins_keeps_the_laws(home):
    code, check = written("python")
    folder = paths.user_plugins()
    folder.mkdir(parents=True)
    (folder / "syllable.py").write_text(code, encoding="utf-8")
    names = {"Syllable": tokenizer.find("syllable")}
    exec(check, names)
    names["test_keeps_the_laws"]()


USE = """
import json
from pathlib import Path
import rnnrepl.tokenizer
from rnnrepl.testing import check_tokenizer
from tests import tiny
made = rnnrepl.tokenizer.find("vowels")
check_tokenizer(made)
model = tiny.model(Path("model"), "vowels")
tokens = [token.text for token in model.score("the cat sat").tokens]
print(json.dumps([made.__module__, tokens, model.generate("the", length=3, seed=1).prompt]))
"""


def test_the_example_package_is_built_installed_and_used(tmp_path):
    """Needs no network: its only dependency is the checkout."""
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(ROOT / "tests" / "example_package", source)
    install(build(source, tmp_path / "dist"), target)
    (tmp_path / "use.py").write_text(USE, encoding="utf-8")
    search = os.pathsep.join(map(str, [target, ROOT]))
    environ = os.environ | {"PYTHONPATH": search}
    output = json.loads(python(str(tmp_path / "use.py"), cwd=tmp_path, env=environ))
    assert output == ["rnnrepl_vowels", ["th", "e c", "at s", "at"], "the"]
