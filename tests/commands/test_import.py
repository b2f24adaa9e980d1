"""`import`: a file of another program in, a folder of ours out, at both interfaces."""

from pathlib import Path

import pytest

from rnnrepl import importers
from rnnrepl.commands.import_ import import_
from rnnrepl.errors import RnnreplError
from rnnrepl.results.models import ModelCard
from rnnrepl.results.session import Notice
from tests.importers.test_importers import imported_model
from tests.importers.test_plain import CHARACTERS, build, content_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(importers, "read", lambda file: imported_model(notes=("Mind this.",)))
    (tmp_path / "model.pt").write_bytes(b"weights")
    return tmp_path / "model.pt"


def test_the_new_model_is_described_and_can_be_used(run, file, tmp_path, session):
    card, *notices = run(import_, file=file, out=tmp_path / "mine")
    assert isinstance(card, ModelCard) and card.name == "mine"
    assert card.card["origin"]["file"] == "model.pt"
    begins = Notice(f"Type 'rnnrepl {tmp_path / 'mine'}' to start a conversation with it.")
    assert notices == [Notice("Mind this."), begins]
    assert session.use(str(tmp_path / "mine"), "cpu").score("a").count == 2


def test_lists_the_formats(run):
    formats = run(import_, formats=True)
    assert {"PyTorch, numpy", "Keras 1 to 3", "word_language_model"} <= {f.name for f in formats}
    page = (ROOT / "docs/importing/index.md").read_text(encoding="utf-8")
    for format in formats:
        assert format.name.partition(",")[0] in page, format


def test_asks_for_a_file_and_a_folder(run, file):
    with pytest.raises(RnnreplError, match="import needs FILE and --out"):
        run(import_)
    with pytest.raises(RnnreplError, match="import needs --out"):
        run(import_, file=file)


OPTIONS = {"names": {"embedding": "e", "recurrent": "r", "output": "o"}, "cell": "rnn"}
OPTIONS |= {"embed": 5, "hidden": 6, "layers": 1, "bias": True, "kind": "embedded", "seed": 0}
OPTIONS |= {"split": False, "prefix": "", "wrapping": "bare", "layout": "zip", "vocabulary": "json"}


def test_options_say_what_the_file_does_not(run, tmp_path):
    content, _ = content_of(OPTIONS, build(OPTIONS))
    (tmp_path / "model.pt").write_bytes(content)
    (tmp_path / "text.txt").write_text(CHARACTERS)
    given = {"start": "none", "nonlinearity": "relu", "data": tmp_path / "text.txt"}
    card, *notices = run(
        import_, file=tmp_path / "model.pt", out=tmp_path / "mine", sample=True, **given
    )
    assert card.card["start"] == "none" and card.card["network"]["cell"] == "relu"
    assert "sorted" in " ".join(card.card["origin"]["notes"])
    texts = [notice.text for notice in notices]
    assert len(texts) == 6 and texts[1].startswith("Sample 1: ")
    assert "bits per character" in texts[4]


def test_at_the_prompt_one_is_told_how_to_load_it(run, file, tmp_path, prompt):
    *_, notice = run(import_, file=file, out=tmp_path / "mine")
    assert notice.text == f"Type ':load {tmp_path / 'mine'}' to start a conversation with it."


def test_nothing_is_written_over(run, file, tmp_path):
    with pytest.raises(RnnreplError, match="already: give another folder"):
        run(import_, file=file, out=tmp_path)


def test_a_text_that_is_not_needed_is_said_to_be_so(run, file, tmp_path):
    text = tmp_path / "text.txt"
    with pytest.raises(RnnreplError, match=r"There is no file '.*': give the training text"):
        run(import_, file=file, out=tmp_path / "mine", data=text)
    text.write_text(CHARACTERS)
    for sample in (False, True):
        records = run(import_, file=file, out=tmp_path / f"m{sample}", data=text, sample=sample)
        told = [r for r in records if isinstance(r, Notice) and "--data was not read" in r.text]
        assert bool(told) is not sample


def test_no_model_is_written_into_the_folder_of_another(run, file, tmp_path):
    for name in ("model.json", "weights.safetensors"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(RnnreplError, match="would be inside the model"):
        run(import_, file=file, out=tmp_path / "mine")
