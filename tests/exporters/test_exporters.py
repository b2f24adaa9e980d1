"""The frame of the exporters: whole files, none written over, missing packages told."""

import sys

import pytest

from rnnrepl import checkpoint, exporters
from rnnrepl.errors import RnnreplError
from tests import tiny


@pytest.fixture
def found(tmp_path):
    return checkpoint.read(tiny.write(tmp_path / "model", norm=False))


@pytest.mark.parametrize("form", exporters.FORMATS)
def test_nothing_is_written_over_unless_it_is_asked_for(form, found, tmp_path):
    out = tmp_path / "new" / "out"
    files = exporters.write(found, form, out)
    before = {path: path.read_bytes() for path in files}
    with pytest.raises(RnnreplError, match="exists already: --replace writes over it") as caught:
        exporters.write(found, form, out)
    assert caught.value.exit_code == 2
    for path in files:
        path.write_bytes(b"")
    exporters.write(found, form, out, replace=True)
    assert {path: path.read_bytes() for path in files} == before


def test_a_package_that_is_not_installed_is_told_with_the_way_to_get_it(
    found, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "rnnrepl.exporters.onnx", raising=False)
    with pytest.raises(RnnreplError, match=r"onnx is not installed: pip install 'rnnrepl\[onnx\]'"):
        exporters.write(found, "onnx", tmp_path / "m.onnx")


def test_what_the_disk_refuses_is_one_sentence(found, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="Could not write to"):
        exporters.write(found, "torch", tmp_path / "file" / "m.pt")
