"""The layers of the package, what each may import, and what starting it costs."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnrepl

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


def test_no_modules_import_each_other_in_a_circle():
    """Also inside functions and for types alone; the faces of packages are left out."""
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in FILES
        if path.name != "__init__.py"
    }
    used = {
        module: {m for m in imports(ast.parse(path.read_text(encoding="utf-8"))) if m in paths}
        for module, path in paths.items()
    }
    while leaves := {module for module, others in used.items() if not others}:
        used = {module: others - leaves for module, others in used.items() if module not in leaves}
    assert not used, f"there is a circle among {sorted(used)}"


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
