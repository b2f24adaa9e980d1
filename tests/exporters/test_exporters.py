"""exporters.write: writes whole files, overwrites none, names missing packages."""

import sys
from dataclasses import replace

import pytest

from rnnrepl import checkpoint, exporters
from rnnrepl.errors import RnnreplError
from rnnrepl.model import load
from tests import tiny

TORCH = pytest.param("torch", marks=pytest.mark.needs_torch)
FORMATS = [TORCH if format == "torch" else format for format in exporters.FORMATS]


@pytest.fixture
def model(tmp_path):
    return checkpoint.read(tiny.write(tmp_path / "model", norm=False))


@pytest.mark.parametrize("format", FORMATS)
def test_overwrites_only_with_replace(format, model, tmp_path):
    out = tmp_path / "new" / "out.safetensors"
    files = exporters.write(model, format, out)
    before = {path: path.read_bytes() for path in files}
    with pytest.raises(RnnreplError, match="exists already: --replace overwrites it") as caught:
        exporters.write(model, format, out)
    assert caught.value.exit_code == 2
    for path in files:
        path.write_bytes(b"")
    exporters.write(model, format, out, replace=True)
    assert {path: path.read_bytes() for path in files} == before


@pytest.mark.parametrize("format", ["folder", "hub"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_no_model_is_written_among_other_files(format, overwrite, model, tmp_path):
    out = tmp_path / "home"
    out.mkdir()
    (out / ".bashrc").write_text("mine")
    with pytest.raises(RnnreplError, match="holds other files and no model") as caught:
        exporters.write(model, format, out, replace=overwrite)
    assert caught.value.exit_code == 2
    assert [path.name for path in out.iterdir()] == [".bashrc"]
    (out / ".bashrc").unlink()
    exporters.write(model, format, out)
    assert (out / "model.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("format", FORMATS)
def test_a_link_to_itself_is_refused_in_one_sentence(format, model, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for overwrite in (False, True):
        with pytest.raises(RnnreplError):
            exporters.write(model, format, loop, replace=overwrite)
    assert loop.is_symlink()


def test_says_how_to_install_a_missing_package(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "rnnrepl.exporters.onnx", raising=False)
    with pytest.raises(RnnreplError, match=r"needs onnx, which is not .* 'rnnrepl\[onnx\]'"):
        exporters.write(model, "onnx", tmp_path / "m.onnx")


@pytest.mark.needs_torch
def test_reports_a_disk_error_in_one_sentence(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RnnreplError, match="Could not write to"):
        exporters.write(model, "torch", tmp_path / "file" / "m.pt")


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_writes_nothing_on_a_full_disk(format, exists, model, tmp_path, full_disk):
    out = tmp_path / "new" / "out.safetensors"
    if exists:
        exporters.write(model, format, out)
    before = contents(tmp_path)
    with full_disk(10), pytest.raises(RnnreplError, match="nothing was changed"):
        exporters.write(model, format, out, replace=True)
    assert contents(tmp_path) == before


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("format", exporters.OURS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_dtype_halves_the_weights_and_its_figures_say_so(format, dtype, model, tmp_path):
    model = replace(model, card=replace(model.card, figures={"perplexity": 4.5}))
    whole, half, again = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "again"))
    exporters.write(model, format, whole)
    exporters.write(model, format, half, dtype=dtype)
    expected, score = (load(path).score("the cat sat").total for path in (whole, half))
    assert score != expected and score == pytest.approx(expected, rel=1e-2)
    assert checkpoint.read(half).card.figures == {"dtype": "float32", "perplexity": 4.5}
    assert "dtype" not in checkpoint.read(whole).card.figures
    files = exporters.write(checkpoint.read(half), format, again)  # as it is stored
    assert [path.stat().st_size for path in files if path.suffix == ".safetensors"] == [
        checkpoint.weights_file(half).stat().st_size
    ]
    assert load(again).score("the cat sat").total == score
    assert checkpoint.read(again).card.figures == checkpoint.read(half).card.figures


def test_a_dtype_is_refused_where_the_format_has_its_own(model, tmp_path):
    with pytest.raises(RnnreplError, match="`dtype` goes with --to file, folder or hub") as caught:
        exporters.write(model, "torch", tmp_path / "m.pt", dtype="float16")
    assert caught.value.exit_code == 2
