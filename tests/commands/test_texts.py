"""Every command that reads a text takes folders, patterns, several files, and any encoding."""

import gzip

import pytest

from rnnrepl.commands.ablate import ablate
from rnnrepl.commands.activations import activations
from rnnrepl.commands.classify import classify
from rnnrepl.commands.compare import compare
from rnnrepl.commands.eval import eval
from rnnrepl.commands.gates import gates
from rnnrepl.commands.neurons import neurons
from rnnrepl.commands.next import next
from rnnrepl.commands.pairs import pairs
from rnnrepl.commands.score import score
from rnnrepl.commands.train import train
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.grammar.parser import parse_line
from rnnrepl.results.scores import Evaluation, Score
from rnnrepl.results.session import Notice
from rnnrepl.training.runs.events import RunStarted
from tests import tiny


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "b.txt").write_bytes(gzip.compress(b"the dog"))
    (folder / "a.txt").write_bytes("the cat\r\nsat".encode("utf-16"))
    return folder


def of(kind, records):
    return [record for record in records if isinstance(record, kind)]


READERS = [
    (eval, "file", {}),
    (score, "file", {}),
    (next, "file", {}),
    (activations, "file", {}),
    (neurons, "file", {"match": "t"}),
    (gates, "file", {}),
    (ablate, "file", {"unit": ("0:1",)}),
    (compare, "file", {"model": ("tiny", "other")}),
    (classify, "file", {"class_": ("a=tiny", "b=other")}),
]


@pytest.mark.parametrize(("command", "name", "given"), READERS)
def test_a_folder_is_read_and_said(run, folder, command, name, given):
    tiny.write(paths.user_models() / "other", seed=1)
    first, *others = run(command, **{name: (folder,)}, **given)
    assert first == Notice(f"The folder '{folder}' has 2 texts, from a.txt to b.txt.")
    assert others


@pytest.mark.parametrize(("command", "name", "given"), READERS)
def test_an_encoding_is_given_where_it_is_not_utf_8(run, tmp_path, command, name, given):
    tiny.write(paths.user_models() / "other", seed=1)
    path = tmp_path / "text.txt"
    path.write_bytes("the café cat\n".encode("cp1252") * 9)
    with pytest.raises(RnnreplError, match="cp1252: give --encoding cp1252"):
        run(command, **{name: (path,)}, **given)
    assert run(command, **{name: (path,)}, encoding="cp1252", **given)


def test_files_are_one_text(run, folder, tmp_path):
    whole = tmp_path / "whole.txt"
    whole.write_text("the cat\nsat\nthe dog")
    (joined,), (same,) = (of(Evaluation, run(eval, file=(path,))) for path in (folder, whole))
    assert joined.nats == pytest.approx(same.nats) and joined.chars == same.chars
    joined, same = (of(Score, run(score, file=(path,), carry=True)) for path in (folder, whole))
    assert len(joined) == 3
    for one, other in zip(joined, same, strict=True):
        places = [[(t.text, t.start, t.end, t.id) for t in s.tokens] for s in (one, other)]
        assert one.text == other.text and places[0] == places[1]
        surprisals = [[t.surprisal for t in s.tokens] for s in (one, other)]
        assert surprisals[0] == pytest.approx(surprisals[1], rel=1e-5)


def test_a_pattern_at_the_prompt_is_expanded(run, folder):
    given = parse_line(eval, f" {folder}/*.txt")
    notice, *_ = run(eval, **given)
    assert "matches 2 texts, from a.txt to b.txt" in notice.text


def test_an_error_in_a_line_names_its_file(run, tmp_path):
    (tmp_path / "a.txt").write_text("the\tcat,dog\n")
    (tmp_path / "b.txt").write_text("the\tcat\nthe\n")
    with pytest.raises(RnnreplError, match=r"b.txt', line 2: some lines have continuations"):
        run(next, file=(tmp_path / "a.txt", tmp_path / "b.txt"))


def test_pairs_are_read_in_an_encoding_and_by_patterns(run, tmp_path):
    (tmp_path / "p.tsv").write_bytes("the café\tcafé the\n".encode("cp1252"))
    notice, *records = run(pairs, file=(tmp_path / "*.tsv",), encoding="cp1252")
    assert "matches 1 text: p.tsv" in notice.text and records


@pytest.mark.needs_torch
def test_a_model_is_trained_on_a_folder(session, folder, tmp_path):
    for number in range(3):
        (folder / f"c{number}.txt").write_text("the cat sat on the mat.\n" * 20)
    given = {"layers": 1, "hidden": 8, "batch": 2, "bptt": 8, "device": "cpu", "epochs": 1}
    values = session.settings.complete(train, {"corpus": (folder,)} | given)
    notice, started, *_ = train.records(session, values)
    assert notice.text == f"The folder '{folder}' has 5 texts, from a.txt to c2.txt."
    assert isinstance(started, RunStarted)
    assert started.run == str(paths.user_models() / "texts-char")


@pytest.mark.needs_torch
def test_a_document_is_named_before_anything_is_trained(session, tmp_path):
    (tmp_path / "book.pdf").write_bytes(b"%PDF-1.7\n")
    values = session.settings.complete(train, {"corpus": (tmp_path / "book.pdf",), "epochs": 1})
    with pytest.raises(RnnreplError, match="is a PDF: convert it to text first"):
        list(train.records(session, values))
