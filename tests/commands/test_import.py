"""`import`: a file of another program in, a folder of ours out, at both doors."""

import pytest

from rnnrepl import importers
from rnnrepl.commands.import_ import import_
from rnnrepl.errors import RnnreplError
from rnnrepl.results import ModelCard, Notice
from tests.importers.test_importers import imported_model


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


def test_at_the_prompt_one_is_told_how_to_load_it(run, file, tmp_path, prompt):
    *_, notice = run(import_, file=file, out=tmp_path / "mine")
    assert notice.text == f"Type ':load {tmp_path / 'mine'}' to start a conversation with it."


def test_nothing_is_written_over(run, file, tmp_path):
    with pytest.raises(RnnreplError, match="already: give another folder"):
        run(import_, file=file, out=tmp_path)
