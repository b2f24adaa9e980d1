"""Weights that are carried from text to text, and models saved after adaptation."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnrepl import checkpoint
from rnnrepl.errors import RnnreplError
from rnnrepl.model import load
from rnnrepl.scoring.adaptation import Adapt, Adaptation
from rnnrepl.scoring.adaptive_reader import DivergedError
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny

SENTENCES = ["the cat sat", "on the mat.", "the cat ran", "the cat sat"]
CHOSEN = Adaptation(adapt=True, adapt_rate=0.3, adapt_decay=0.1, adapt_segment=5)
CARRIED = ScoreOptions(unit="nats", adaptation=CHOSEN, carry_weights=True)


@pytest.fixture
def model(tmp_path):
    return tiny.model(tmp_path / "model", norm=False)


class Reference(torch.nn.Module):
    """The network of `model` in float64, from layers of torch, and its updates by an optimizer."""

    def __init__(self, model):
        super().__init__()
        weights = checkpoint.read(model.path).weights
        vocabulary, embed = weights["encoder.weight"].shape
        self.encoder = torch.nn.Embedding(vocabulary, embed)
        self.rnn = torch.nn.LSTM(embed, 8, num_layers=2)
        self.decoder = torch.nn.Linear(8, vocabulary)
        self.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        self.double()
        self.original = [weight.detach().clone() for weight in self.parameters()]
        self.optimizer = torch.optim.SGD(self.parameters(), lr=CHOSEN.adapt_rate)

    def adapt(self, ids):
        """-ln P of ids from the zero state and a zero input; adapts to segments of them."""
        state, nats = None, []
        for start in range(0, len(ids), CHOSEN.adapt_segment):
            segment = ids[start : start + CHOSEN.adapt_segment]
            inputs = self.encoder(ids[max(start - 1, 0) : start + len(segment) - 1])
            if not start:
                inputs = torch.cat([torch.zeros_like(self.encoder(ids[:1])), inputs])
            hidden, state = self.rnn(inputs, state)
            losses = torch.nn.functional.cross_entropy(
                self.decoder(hidden), segment, reduction="none"
            )
            nats += losses.tolist()
            self.optimizer.zero_grad()
            losses.mean().backward()
            with torch.no_grad():
                for weight, original in zip(self.parameters(), self.original, strict=True):
                    weight += CHOSEN.adapt_decay * (original - weight)
            self.optimizer.step()
            state = tuple(part.detach() for part in state)
        return nats


def long(model, text):
    return torch.tensor(model.tokenizer.ids(text).astype(np.int64))


def test_weights_go_on_from_sentence_to_sentence_while_the_state_begins_again(model):
    reference, nats = Reference(model), []
    for sentence in SENTENCES:
        nats += reference.adapt(long(model, sentence))
    scores = list(model.scores(SENTENCES, CARRIED))
    surprisals = [token.surprisal for score in scores for token in score.tokens]
    assert surprisals == pytest.approx(nats, rel=1e-5)
    plain = [model.score(sentence, unit="nats").total for sentence in SENTENCES]
    assert [score.total_before for score in scores] == pytest.approx(plain, rel=1e-6)


def test_the_saved_weights_are_those_of_the_reference(model, tmp_path):
    reference = Reference(model)
    for sentence in SENTENCES:
        reference.adapt(long(model, sentence))
    list(model.scores(SENTENCES, replace(CARRIED, save=tmp_path / "adapted")))
    weights = checkpoint.read(tmp_path / "adapted").weights
    for name, expected in reference.state_dict().items():
        np.testing.assert_allclose(weights[name], expected.numpy(), atol=1e-5)


def test_the_saved_model_scores_as_the_final_weights_do(model, tmp_path):
    """A last text of one segment is scored with the weights before it."""
    options = replace(CARRIED, save=tmp_path / "adapted")
    list(model.scores(SENTENCES, options))
    *_, last = model.scores([*SENTENCES, "cat"], CARRIED)
    saved = load(tmp_path / "adapted").score("cat", unit="nats")
    assert saved.total == pytest.approx(last.total, rel=1e-6) and saved.adapt is None
    assert saved.total != pytest.approx(model.score("cat", unit="nats").total, rel=1e-3)


def test_evaluation_saves_the_weights_after_the_whole_text(model, tmp_path):
    adapt = CHOSEN.adapt_settings
    text = "".join(SENTENCES)
    model.evaluate([text], adapts=[adapt], save=tmp_path / "evaluated")
    options = replace(CARRIED, carry=True, carry_weights=False, save=tmp_path / "scored")
    list(model.scores([text], options))
    weights = [checkpoint.read(tmp_path / name).weights for name in ("evaluated", "scored")]
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name])


def test_without_carrying_the_saved_model_has_adapted_to_the_last_text(model, tmp_path):
    options = ScoreOptions(adaptation=CHOSEN, save=tmp_path / "two")
    list(model.scores(SENTENCES[:2], options))
    list(model.scores(SENTENCES[1:2], replace(options, save=tmp_path / "alone")))
    weights = [checkpoint.read(tmp_path / name).weights for name in ("two", "alone")]
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name])


def test_the_original_model_is_unchanged(model, tmp_path):
    files = {path: path.read_bytes() for path in model.path.iterdir()}
    plain = model.score("the cat")
    list(model.scores(SENTENCES, replace(CARRIED, save=tmp_path / "adapted")))
    assert {path: path.read_bytes() for path in model.path.iterdir()} == files
    assert model.score("the cat") == plain


def test_the_card_names_the_base_model_and_the_settings(model, tmp_path):
    base = model.path / checkpoint.CARD
    card = json.loads(base.read_text()) | {"figures": {"perplexity": 3.0}}
    base.write_text(json.dumps(card))
    model = load(model.path)
    list(model.scores(SENTENCES, replace(CARRIED, save=tmp_path / "adapted")))
    adapted = load(tmp_path / "adapted").card
    source = adapted.origin["from"]
    assert source["name"] == "model" and len(source["sha256"]) == 64
    settings = {"rate": 0.3, "decay": 0.1, "segment": 5, "carry": False, "carry_weights": True}
    assert adapted.origin["adapt"] == settings
    assert adapted.figures == {} and adapted.network == model.card.network
    assert (adapted.tokenizer, adapted.start) == (model.card.tokenizer, model.card.start)


@pytest.mark.parametrize("kind", ["model", "folder", "file", "link"])
def test_what_exists_is_refused_before_anything_is_read(model, tmp_path, kind):
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "file":
        path.touch()
    elif kind == "link":
        path.symlink_to(tmp_path / "none")
    records = model.scores(iter(lambda: pytest.fail("read"), ""), replace(CARRIED, save=path))
    with pytest.raises(RnnreplError, match=r"^`save` '.*' exists already: give another folder"):
        next(records)
    with pytest.raises(RnnreplError, match="exists already"):
        model.evaluate(SENTENCES, adapts=[Adapt()], save=path)
    assert load(model.path).score("the") == model.score("the")


def test_a_folder_that_appears_meanwhile_is_not_replaced(model, tmp_path):
    records = model.scores(SENTENCES, replace(CARRIED, save=tmp_path / "adapted"))
    next(records)
    other = tiny.write(tmp_path / "adapted", seed=3)
    weights = (other / checkpoint.WEIGHTS).read_bytes()
    with pytest.raises(RnnreplError, match="exists already"):
        list(records)
    assert (other / checkpoint.WEIGHTS).read_bytes() == weights


def test_nothing_is_saved_when_scoring_fails_or_ends_early(model, tmp_path):
    def broken():
        yield SENTENCES[0]
        raise RnnreplError("The file cannot be read.")

    options = replace(CARRIED, save=tmp_path / "adapted")
    next(model.scores(SENTENCES, options))
    with pytest.raises(RnnreplError, match="cannot be read"):
        list(model.scores(broken(), options))
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_useless_weights_are_not_saved(model, tmp_path):
    """The only update follows the last segment, so that no score shows its effect."""
    wild = Adaptation(adapt=True, adapt_rate=1e30, adapt_segment=50)
    options = ScoreOptions(adaptation=wild, save=tmp_path / "adapted")
    with pytest.raises(DivergedError, match="lower --adapt-rate"):
        list(model.scores(["the cat"], options))
    assert not options.save.exists()


def test_a_cache_begins_again_with_each_text(model):
    both = replace(CHOSEN, cache=True, adapt_rate=1e-30, adapt_decay=0)
    first, second = model.scores(["the cat", "the cat"], replace(CARRIED, adaptation=both))
    assert first.total == pytest.approx(second.total, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"carry": True, "carry_weights": True, "adaptation": CHOSEN}, "leave out `carry_weights`"),
        ({"carry_weights": True}, "^`carry_weights` needs `adapt`.$"),
        ({"save": "adapted"}, "^`save` needs `adapt`.$"),
        ({"save": "adapted", "adaptation": Adaptation(cache=True)}, "^`save` needs `adapt`.$"),
    ],
    ids=str,
)
def test_options_that_contradict_or_lack_another_are_refused(given, message):
    with pytest.raises(RnnreplError, match=message):
        ScoreOptions(**given)


@pytest.mark.parametrize("adapts", [[], [Adapt(), Adapt(0.1)]], ids=len)
def test_an_evaluation_saves_the_model_of_one_dynamic_evaluation(model, tmp_path, adapts):
    with pytest.raises(RnnreplError, match="`save` needs one dynamic evaluation"):
        model.evaluate(SENTENCES, adapts=adapts, save=tmp_path / "adapted")


def test_a_saved_model_is_adapted_and_saved_again(model, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    list(model.scores(SENTENCES, replace(CARRIED, save=first)))
    list(load(first).scores(SENTENCES, replace(CARRIED, save=second)))
    assert load(second).card.origin["from"]["name"] == "first"
