"""The layers of the package, what each may import, and what starting it costs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnrepl
from rnnrepl import commands
from rnnrepl.files import paths
from tests import tiny

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnnrepl"
FILES = sorted(PACKAGE.rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins").glob("*.py"))
SOURCES = [*FILES, *PLUGINS]

# The layers, top down. A module may import from lower layers and from its own package only, also
# inside functions.
LAYERS = [
    "__main__",
    "cli",
    "repl",
    "commands",
    "app",
    "render",
    "grammar",
    "server",
    "conversation",
    "checks",
    "model",
    "exporters",
    "training",
    "lookup",
    "importers",
    "generation",
    "sampling",
    "inspection",
    "scoring",
    "checkpoint",
    "rnn",
    "testing",
    "tokenizer",
    "files",
    "results",
    "ranges",
    "errors",
]

# Within a package that contains packages: its modules and packages, top down.
INNER: dict[str, list[str]] = {
    "render": [
        "screen",
        "tables",
        "training",
        "text",
        "tsv",
        "rows",
        "json_lines",
        "numbers",
        "output",
        "console",
        "bars",
        "sanitize",
    ],
    "training": [
        "work",
        "loop",
        "prepare",
        "resume",
        "job",
        "state",
        "finetune",
        "sample",
        "track",
        "config",
        "step",
        "data",
        "runs",
        "plan",
        "options",
        "ranks",
    ],
}

# The heavy libraries, and the only files that import them when they are imported themselves.
HOMES = {
    "torch": {"rnn/torch_*.py", "training/*.py", "training/*/*.py"},
    "rich": {"render/*.py", "render/*/*.py"},
    "prompt_toolkit": {"repl/*.py"},
    "starlette": {"server/app.py"},
    "uvicorn": {"server/run.py"},
}


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported somewhere in the tree; of `from a import b` also a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, "imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_top(tree: ast.Module) -> Iterator[str]:
    """The modules that are imported when the file is: not in a function, not for types only."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_threads_are_set_before_torch_can_be_imported():
    environ = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    code = "import os, sys, rnnrepl; print(os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.split() == ["1000", "False"]


def test_every_file_has_a_layer_and_every_layer_a_file():
    assert {layer(path) for path in FILES} - {"__init__"} == set(LAYERS)


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_down(path):
    if path == PACKAGE / "__init__.py":
        return  # the face: it fetches names from any layer when they are used
    here = layer(path)
    used = {
        module.split(".")[1]
        for module in imports(ast.parse(path.read_text(encoding="utf-8")))
        if module.startswith("rnnrepl.")
    }
    allowed = {here, *LAYERS[LAYERS.index(here) + 1 :], "__version__"}
    assert used <= allowed, f"{here} is above none of {sorted(used - allowed)}"


@pytest.mark.parametrize("package", INNER)
def test_imports_inside_a_package_point_down(package):
    order, root = INNER[package], PACKAGE / package

    def place(parts: tuple[str, ...]) -> str:
        return parts[0].removesuffix(".py") if parts else "__init__"

    rooms = {place(path.relative_to(root).parts) for path in root.rglob("*.py")}
    assert rooms - {"__init__"} == set(order)
    for path in root.rglob("*.py"):
        here = place(path.relative_to(root).parts)
        if here == "__init__":
            continue  # the face of the package: it fetches names from any of its modules
        below = {here, *order[order.index(here) + 1 :]}
        for module in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if module.startswith(f"rnnrepl.{package}."):
                used = module.split(".")[2]
                assert used in below or used not in rooms, f"{path} imports {module}"


def test_what_runs_on_ids_knows_no_text():
    for path in FILES:
        if layer(path) in ("sampling", "rnn") or path.stem == "surprisal":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert "rnnrepl.tokenizer" not in set(imports(tree)), path


@pytest.mark.parametrize("name", ["tree", "nodes"])
def test_what_a_conversation_is_knows_no_model_and_no_screen(name):
    tree = ast.parse((PACKAGE / "conversation" / f"{name}.py").read_text(encoding="utf-8"))
    assert not {"rnnrepl.model", "rnnrepl.render", "rnnrepl.training"} & set(imports(tree))


def test_modules_use_no_public_name_of_the_package_but_records_that_a_notebook_shows():
    """A notebook asks the record, and the record the package, which imports drawing lazily."""
    used = {
        (path.relative_to(PACKAGE).as_posix(), node.attr)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "rnnrepl"
    }
    drawn = {(f"results/{name}.py", "html") for name in ("scores", "samples", "inspection")}
    assert {(path, name) for path, name in used if name in rnnrepl.__all__} == drawn


@pytest.mark.parametrize("path", sorted((PACKAGE / "commands").glob("*.py")), ids=name)
def test_commands_reach_the_network_only_through_the_model(path):
    assert ".network" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_heavy_libraries_are_imported_at_home_only(path):
    tops = {module.split(".")[0] for module in at_top(ast.parse(path.read_text(encoding="utf-8")))}
    for library, homes in HOMES.items():
        at_home = any(path.relative_to(PACKAGE).match(home) for home in homes)
        assert at_home or library not in tops


@pytest.mark.parametrize("path", PLUGINS, ids=name)
def test_a_plugin_imports_nothing_of_ours_but_the_contract(path):
    ours = {m for m in imports(ast.parse(path.read_text(encoding="utf-8"))) if "rnnrepl" in m}
    assert all(module.startswith("rnnrepl.tokenizer") for module in ours)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_is_short_and_says_in_a_line_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300
    if text:
        caption = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        assert caption.endswith((".", "?")), f"{path.name} has no caption"


def test_no_file_is_a_drawer_for_what_has_no_name():
    assert not {"utils", "common", "helpers", "misc"} & {path.stem for path in SOURCES}


# --- what is loaded -----------------------------------------------------------------------------

LOADED = """
import sys
from rnnrepl.cli import main
code = main(sys.argv[1:])
sys.stderr.write("\\n" + " ".join(sys.modules))
sys.exit(code)
"""


def loaded(*words: str) -> set[str]:
    """The modules in memory when the program has done what the words say."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        env=environ,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return set(done.stderr.splitlines()[-1].split())


HELP = [["--version"], ["--help"], ["score", "--help"], ["train", "--help"]]


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_version_and_help_load_nothing_heavy(words):
    heavy = {"torch", "numpy", "rich", "prompt_toolkit", "regex", "safetensors"}
    assert not heavy & loaded(*words)


@pytest.mark.parametrize(
    "words",
    [
        ["score", "the cat", "--model", "tiny"],
        ["score", "the cat", "--model", "tiny", "--format", "heat"],
        ["gen", "the", "--model", "tiny"],
        ["activations", "the cat", "--model", "tiny"],
        ["neurons", "TEXT", "--match", "cat|dog", "--model", "tiny"],
        ["ablate", "TEXT", "--unit", "1:2", "--model", "tiny"],
        ["nearest", "TEXT", "--text", "the", "--model", "tiny"],
        ["why", "the cat", "--method", "integrated", "--model", "tiny"],
        ["eval", "TEXT", "--model", "tiny"],
        ["models"],
        ["show", "tiny"],
        ["tokenizers"],
        ["tokenize", "the cat", "--tokenizer", "word"],
    ],
    ids=" ".join,
)
def test_on_a_cpu_no_command_but_train_loads_torch_and_none_the_prompt(words, tmp_path):
    tiny.write(paths.user_models() / "tiny")
    (tmp_path / "text").write_text(tiny.TEXT)
    words = [str(tmp_path / "text") if word == "TEXT" else word for word in words]
    assert not {"torch", "prompt_toolkit"} & loaded(*words)


def test_a_command_loads_no_other_command_and_nothing_it_does_not_use():
    tiny.write(paths.user_models() / "tiny")
    modules = loaded("score", "the cat", "--model", "tiny")
    others = {f"rnnrepl.commands.{name}" for name in commands.NAMES} - {"rnnrepl.commands.score"}
    parts = {"training", "importers", "generation.stream", "scoring.comparison"}
    parts |= {"grammar.help", "conversation.storage", "conversation.turns"}
    libraries = {"tomllib", "regex", "difflib", "hashlib", "shutil", "importlib.metadata"}
    assert not modules & (others | {f"rnnrepl.{part}" for part in parts} | libraries)


def test_the_list_of_commands_loads_none_of_the_prompt_and_nothing_that_one_does():
    modules = loaded("--help")
    at_prompt = {f"rnnrepl.commands.{name}" for name in set(commands.NAMES) - {*commands.SHELL}}
    parts = {"training.runs.events", "training.runs.curves", "model", "checkpoint"}
    parts |= {"conversation.storage", "scoring.comparison"}
    assert not modules & (at_prompt | {f"rnnrepl.{part}" for part in parts})
    assert not modules & {"tomllib", "difflib", "hashlib", "shutil", "signal", "threading"}


def test_no_library_of_a_tokenizer_is_loaded_to_list_it():
    assert not {"tokenizers", "sentencepiece", "kiwipiepy", "torch"} & loaded("tokenizers")


AT_PROMPT = """
import sys
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rnnrepl import commands
from rnnrepl.render import Screen
from rnnrepl.repl.completer import LineCompleter
from rnnrepl.repl.prompt import run_prompt
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings

session = Session("prompt", Settings(commands.settable()), "tiny")
with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
    pipe.send_text(":help\\r:score the cat\\rthe\\r:quit\\r")
    run_prompt(session, Screen())
for line in (":s", ":score --model ", ":gen --device ", ":set "):
    assert list(LineCompleter(session).get_completions(Document(line), CompleteEvent()))
assert session.conversation.at.read
assert "torch" not in sys.modules
"""


def test_the_prompt_runs_without_torch():
    tiny.write(paths.user_models() / "tiny")
    environ = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", AT_PROMPT], env=environ, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr


def test_data_for_programs_needs_no_rich():
    tiny.write(paths.user_models() / "tiny")
    for style in ("json", "tsv"):
        assert "rich" not in loaded("score", "the", "--model", "tiny", "--format", style)
    assert "rich" not in loaded("gen", "the", "--model", "tiny")
