"""Models of the hub: fetched through the library's own client from a stand-in of its server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants, snapshot_download, utils

from rnnrepl import checkpoint, exporters, lookup
from rnnrepl.cli import main
from rnnrepl.errors import RnnreplError
from rnnrepl.model import load
from tests import tiny
from tests.checkpoint.stand_in_hub import Hub

ROOT = Path(__file__).parents[2]
FILES = ("model.json", "tokenizer.json", "weights.safetensors")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with the model me/tiny, and an empty cache."""
    folder = tiny.write(tmp_path / "model")
    with Hub().serving() as hub:
        hub.repositories["me/tiny"] = {name: (folder / name).read_bytes() for name in FILES}
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield hub


def test_a_model_of_the_hub_is_the_model_that_was_pushed(hub, tmp_path):
    model = load("hf:me/tiny")
    assert model.name == "me/tiny"
    assert model.score("the cat").total == load(tmp_path / "model").score("the cat").total


@pytest.mark.parametrize("format", ["file", pytest.param("torch", marks=pytest.mark.needs_torch)])
def test_a_repository_can_hold_what_convert_wrote(format, hub, tmp_path):
    out = tmp_path / "out" / "one.safetensors"
    written = exporters.write(checkpoint.read(tmp_path / "model"), format, out)
    hub.repositories["me/one"] = {path.name: path.read_bytes() for path in written}
    model = load("hf:me/one")
    assert model.name == "me/one"
    assert model.score("the cat").total == load(tmp_path / "model").score("the cat").total


def test_only_the_files_of_a_model_are_fetched(hub):
    hub.repositories["me/tiny"] |= {"README.md": b"#", "run.py": b"raise SystemExit"}
    folder, _ = lookup.model_folder("hf:me/tiny")
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_what_has_not_changed_is_not_fetched_again(hub):
    load("hf:me/tiny")
    hub.requests.clear()
    load("hf:me/tiny")
    assert hub.requests == ["HEAD /me/tiny/resolve/main/model.json"]


def test_a_new_version_is_fetched_whole(hub, tmp_path):
    before = load("hf:me/tiny").score("the cat").total
    folder = tiny.write(tmp_path / "other", seed=1)
    hub.repositories["me/tiny"] = {name: (folder / name).read_bytes() for name in FILES}
    assert load("hf:me/tiny").score("the cat").total != before


def test_without_a_network_the_cache_serves(hub, monkeypatch):
    load("hf:me/tiny")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert load("hf:me/tiny").name == "me/tiny"
    with pytest.raises(RnnreplError, match="reached and 'me/other' is not cached"):
        load("hf:me/other")


@pytest.mark.parametrize(
    "name, message",
    [
        ("me/none", "has no 'me/none', or it is private"),
        ("me/gated", "'me/gated' is gated: request access"),
        ("me/bert", "has no file of a model that can be read"),
        ("me/half", "'me/half' on the hub is incomplete"),
        ("a b", "give hf:OWNER/NAME"),
        ("", "give hf:OWNER/NAME"),
        ("../../etc", "give hf:OWNER/NAME"),
    ],
)
def test_what_the_hub_does_not_have_is_one_sentence(hub, name, message):
    hub.repositories |= {
        "me/gated": hub.repositories["me/tiny"],
        "me/bert": {"config.json": b"{}"},
        "me/half": {"model.json": hub.repositories["me/tiny"]["model.json"]},
    }
    hub.gated.add("me/gated")
    with pytest.raises(RnnreplError, match=message) as caught:
        load(f"hf:{name}")
    assert str(caught.value).count(". ") == 0


def test_a_damaged_model_is_refused_as_any_other(hub):
    hub.repositories["me/tiny"]["model.json"] = b"{"
    with pytest.raises(RnnreplError, match=r"model\.json is not JSON"):
        load("hf:me/tiny")


def test_the_client_that_is_not_installed_is_told_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(RnnreplError, match=r"not installed: pip install 'rnnrepl\[hub\]'"):
        load("hf:me/tiny")


def test_an_exported_folder_is_pushed_and_pulled_by_the_client(hub, tmp_path):
    exporters.write(checkpoint.read(tmp_path / "model"), "hub", tmp_path / "folder")
    api = HfApi(endpoint=hub.url, token="hf_test")
    api.create_repo("me/new")
    api.upload_folder(repo_id="me/new", folder_path=tmp_path / "folder")
    pulled = Path(snapshot_download("me/new", endpoint=hub.url, local_dir=tmp_path / "pulled"))
    for path in (tmp_path / "folder").iterdir():
        assert (pulled / path.name).read_bytes() == path.read_bytes()
    assert load("hf:me/new").score("the").total == load(tmp_path / "model").score("the").total


def test_the_shell_names_it_as_any_model(hub, tmp_path):
    environ = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
    words = ["score", "--model", "hf:me/tiny", "--format", "json", "the cat"]
    run = subprocess.run(
        [sys.executable, "-m", "rnnrepl", *words],
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"model": "me/tiny"' in run.stdout and run.stderr == ""


def test_no_bars_are_drawn_over_the_prompt(hub):
    utils.enable_progress_bars()
    load("hf:me/tiny")
    assert utils.are_progress_bars_disabled()


def test_the_client_writes_no_warnings_of_its_own():
    code = """
import logging
from rnnrepl.checkpoint import hub
from rnnrepl.errors import RnnreplError
try:
    hub.fetch("me/nothing")
except RnnreplError:
    logging.getLogger("huggingface_hub.utils").warning("Retrying in 1s")
"""
    environ = os.environ | {"HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)
    assert not done.stderr


def test_the_prompt_begins_with_it_as_with_any_model(hub, monkeypatch):
    began = []
    monkeypatch.setattr("rnnrepl.repl.run", lambda s, _: began.append(s.name) or 0)
    assert main(["hf:me/tiny"]) == 0
    assert began == ["hf:me/tiny"]


def test_the_client_is_not_imported_unless_a_model_of_the_hub_is_named(tmp_path):
    code = f"""
import sys, rnnrepl
rnnrepl.load({str(tiny.write(tmp_path / "model"))!r}).score("the")
sys.exit("huggingface_hub" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
