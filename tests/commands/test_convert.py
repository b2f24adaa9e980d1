"""`convert`: the model that is named, or the session's, as another program reads it."""

import pytest
import torch

from rnnrepl.commands.convert import convert
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from tests import tiny


def test_the_model_of_the_session_is_converted_unless_one_is_named(run, tmp_path):
    tiny.write(paths.user_models() / "plain", norm=False)
    (notice,) = run(convert, to="hub", out=tmp_path / "folder")
    assert notice.text == (
        f"tiny exported: README.md, tokenizer.json, weights.safetensors, model.json "
        f"in {tmp_path / 'folder'}."
    )
    (notice,) = run(convert, model="plain", to="torch", out=tmp_path / "m.pt")
    assert notice.text == f"plain exported: m.pt, m.py, m-vocabulary.json in {tmp_path}."
    assert "rnn.weight_hh_l1" in torch.load(tmp_path / "m.pt", weights_only=True)


def test_a_folder_that_is_created_for_the_file_is_named(run, tmp_path):
    out = tmp_path / "new" / "model.safetensors"
    (notice,) = run(convert, to="file", out=out)
    assert notice.text == f"tiny exported: {out}. The folder {out.parent} was created."


@pytest.mark.parametrize(
    ("to", "name"), [("folder", "sub"), ("file", "m.safetensors"), ("torch", "a/b/m.pt")]
)
def test_nothing_is_written_into_the_folder_of_a_model(run, to, name):
    plain = tiny.write(paths.user_models() / "plain", norm=False)
    before = sorted(plain.iterdir())
    with pytest.raises(RnnreplError, match=r"would be inside the model '.*plain': give another"):
        run(convert, model="plain", to=to, out=plain / name)
    assert sorted(plain.iterdir()) == before


def test_torch_is_not_imported_in_a_folder_that_has_gone(run, tmp_path, monkeypatch):
    tiny.write(paths.user_models() / "plain", norm=False)
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(RnnreplError, match="--to torch needs torch, which cannot run in a folder"):
        run(convert, model="plain", to="torch", out=tmp_path / "m.pt")
