"""Scores and evaluations equal an independent float64 program, in both precisions."""

import math

import numpy as np
import pytest

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.app.session import Session
from rnnrepl.app.settings import Settings
from rnnrepl.checkpoint import registry
from rnnrepl.checks import own_text
from rnnrepl.commands.eval import eval
from rnnrepl.commands.score import score
from rnnrepl.files import model_folders, paths
from rnnrepl.results.scores import Score
from tests import tiny
from tests.data import corpus
from tests.rnn import reference

LINES = ["To be, or not to be: that is the question.", "ROMEO:", "", "O, she doth teach"]


@pytest.fixture(params=["tiny", "words", "shakespeare-char", "shakespeare-word"])
def name(request):
    """Models with random weights, and the shipped models, if there are any."""
    tiny.write(paths.user_models() / "tiny", cell="gru", initial="learnt")
    tiny.write(paths.user_models() / "words", "word", text="\n".join(LINES))
    if request.param not in model_folders.names():
        pytest.skip("it does not ship with this copy")
    return request.param


@pytest.fixture
def session(name):
    return Session("shell", Settings([score, eval]), name)


def nats(name, text):
    """-ln P(text) from the reference."""
    loaded = checkpoint.read(registry.resolve(name)[0])
    ids = loaded.tokenizer.ids(text).tolist()
    if loaded.tokenizer.eos is not None and ids[-1:] != [loaded.tokenizer.eos]:
        ids.append(loaded.tokenizer.eos)
    if not ids:
        return 0.0
    start = checkpoint.start_id(loaded.card, loaded.tokenizer)
    logits, _ = reference.forward(loaded.card.network, loaded.weights, [start, *ids[:-1]])
    rows = zip(logits, ids, strict=True)
    return math.fsum(np.logaddexp.reduce(row) - row[id] for row, id in rows)


@pytest.fixture
def texts(name):
    """Lines of some hundred tokens: text of the model itself, and difficult characters."""
    return [*LINES, own_text(rnnrepl.load(name))[:500]]


PRECISIONS = pytest.mark.parametrize(("float64", "rel"), [(False, 1e-5), (True, 1e-9)])


@PRECISIONS
def test_scores_equal_an_independent_program(session, name, texts, float64, rel):
    values = session.settings.complete(score, {"text": tuple(texts), "unit": "nats"})
    records = score.records(session, values | {"float64": float64})
    totals = [record.total for record in records if isinstance(record, Score)]
    assert totals == pytest.approx([nats(name, text) for text in texts], rel=rel)


@PRECISIONS
def test_evaluations_equal_an_independent_program(session, name, texts, float64, rel, tmp_path):
    path, text = tmp_path / "text", "\n".join(texts)
    path.write_bytes(text.encode())
    values = session.settings.complete(eval, {"file": path, "float64": float64})
    *_, evaluation = eval.records(session, values)
    assert evaluation.nats == pytest.approx(nats(name, text), rel=rel)


@pytest.mark.parametrize("name", ["shakespeare-char", "shakespeare-word"])
def test_figures_of_held_out_text_equal_an_independent_program(name):
    text = corpus("tinyshakespeare.txt")
    held_out = text[int(0.9 * len(text)) :][:2000]
    model, exact = rnnrepl.load(name), nats(name, held_out)
    assert model.evaluate([held_out]).nats == pytest.approx(exact, rel=1e-5)
    assert model.double().evaluate([held_out]).nats == pytest.approx(exact, rel=1e-9)


def test_a_context_of_single_precision_can_be_carried_into_double(name):
    model = rnnrepl.load(name)
    after = model.read("To be, ")
    mine = model.double().score("or not", context=after).total
    assert mine == pytest.approx(model.score("or not", context=after).total, rel=1e-4)
    assert model.double().read("or not", after).state.dtype == np.float64
