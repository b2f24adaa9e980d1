"""Plans: options that are not given are completed."""

import json
from math import log2

import pytest

from rnnrepl.files.records import checker
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.training import TrainOptions
from rnnrepl.training.plan import SYMBOLS, WORDS, Plan, choose, products, remark

THROUGHPUT = 3e10  # weights x tokens per second, of two server cores


def plan(level="character", vocabulary=70, tokens=10**6, throughput=None, workers=1, **given):
    return choose(TrainOptions(**given), level, vocabulary, tokens, throughput, workers=workers)


def weights(minutes, **given):
    return products(plan(minutes=minutes, throughput=THROUGHPUT, **given).network)


@pytest.mark.parametrize("level", ["byte", "character", "word"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_every_level_and_cell_gets_a_network(level, cell):
    chosen = plan(level, cell=cell)
    assert chosen.network.vocabulary == 70
    assert chosen.network.cell == cell


def test_given_options_are_kept():
    given = {
        "dropout": 0.7,
        "batch": 3,
        "bptt": 5,
        "lr": 0.1,
        "weight_decay": 0.0,
        "clip": 9.0,
        "epochs": 1.5,
        "seed": 8,
    }
    chosen = plan(**given, hidden=7, layers=3, norm=False, tie=False)
    assert {name: getattr(chosen, name) for name in given} == given
    assert chosen.network.hidden == (7, 7, 7)
    assert not chosen.network.norm


def test_the_embedding_has_the_hidden_size_by_default():
    assert plan(hidden=32).network.embed == 32
    assert plan(hidden=32, embed=16).network.embed == 16


def test_a_tied_softmax_gets_a_projection_where_the_widths_differ():
    assert plan(tie=True, hidden=32, embed=16).network.projection == 16
    assert plan(tie=True, hidden=32, embed=32).network.projection is None


@pytest.mark.parametrize(("level", "recipe"), [("character", SYMBOLS), ("word", WORDS)])
def test_workers_share_a_larger_batch_in_a_run_of_minutes(level, recipe):
    given = {"minutes": 10.0, "throughput": THROUGHPUT}
    alone, shared = (plan(level, **given, workers=n) for n in (1, 2))
    assert (alone.batch, shared.batch) == (recipe.batch, 2 * recipe.batch)
    assert shared.lr > alone.lr
    assert plan(level, **given, workers=2, batch=recipe.batch).lr == alone.lr
    assert plan(level, **given, workers=2, lr=alone.lr).lr == alone.lr
    assert plan(level, epochs=3.0, workers=2) == plan(level, epochs=3.0)


def test_a_text_of_characters_that_is_read_often_is_learned_by_two_peers():
    given = {"minutes": 10.0, "tokens": 10**6}
    often, once = plan(**given, throughput=THROUGHPUT), plan(**given, throughput=THROUGHPUT / 10)
    assert (often.peers, once.peers) == (2, 1)
    # Each has the size of a network that alone is half as fast.
    alone = plan(**given, throughput=THROUGHPUT / 2, peers=1)
    assert (often.network, often.dropout) == (alone.network, alone.dropout)
    assert plan("word", **given, throughput=THROUGHPUT).peers == 1


def test_peers_are_given_or_follow_from_the_time_not_from_epochs():
    assert plan(epochs=50.0, throughput=THROUGHPUT).peers == 1
    assert plan(epochs=0.1, peers=3).peers == 3
    assert plan(minutes=10.0, throughput=THROUGHPUT, tokens=10**5, peers=1).peers == 1
    network = NetworkConfig(vocabulary=70, embed=32, hidden=(32,))
    options = TrainOptions(minutes=10.0)
    assert choose(options, "character", 70, 10**5, THROUGHPUT, network=network).peers == 1


def test_peers_share_the_default_length_of_fine_tuning():
    network = NetworkConfig(vocabulary=70, embed=32, hidden=(32,))
    speed = 5 * 10**6 * products(network) / 60 / 1.5  # five epochs take 1.5 minutes

    def length(peers):
        chosen = choose(TrainOptions(peers=peers), "character", 70, 10**6, speed, network=network)
        return chosen.minutes, chosen.epochs

    assert length(None) == length(1) == (None, 5.0)
    assert length(2) == (2.0, None)


def test_a_run_takes_two_minutes_by_default():
    assert (plan().minutes, plan().epochs) == (2.0, None)
    assert (plan(minutes=5.0).minutes, plan(epochs=3.0).minutes) == (5.0, None)


def test_more_time_makes_a_larger_network_and_so_does_a_faster_device():
    assert weights(0.1) < weights(1) < weights(4) < weights(16)
    assert products(plan(minutes=1.0, throughput=16 * THROUGHPUT).network) == weights(16)


def test_four_times_the_time_gives_twice_the_weights():
    text = {"tokens": 10**8}
    assert weights(100, **text) / weights(25, **text) == pytest.approx(2, rel=0.1)


def test_a_large_vocabulary_leaves_less_to_the_layers():
    few = plan(minutes=20, throughput=THROUGHPUT, tie=True, vocabulary=100)
    many = plan(minutes=20, throughput=THROUGHPUT, tie=True, vocabulary=10_000)
    assert many.network.hidden < few.network.hidden
    assert products(many.network) == pytest.approx(products(few.network), rel=0.25)


def test_a_small_text_gets_a_small_network():
    assert weights(10, tokens=10**4) < 10**5 < weights(10, tokens=10**7)


def test_a_plan_in_epochs_does_not_depend_on_throughput():
    assert plan(epochs=3.0, throughput=1.0) == plan(epochs=3.0, throughput=1e15) == plan(epochs=3.0)


def test_more_epochs_bring_more_dropout():
    shares = [plan(epochs=n).dropout for n in (0.1, 1.0, 4.0, 30.0, 10**5)]
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[3] > 0.2 and shares[-1] < 0.7


@pytest.mark.parametrize("level", ["character", "word"])
def test_a_network_with_less_than_one_weight_per_token_has_less_dropout(level):
    sizes, tokens = (64, 128, 192, 512, 1024), 10**6
    plans = [plan(level, hidden=size, epochs=16.0) for size in sizes]
    shares = [chosen.dropout for chosen in plans]
    assert 0 < shares[0] < shares[1] < shares[2] < shares[3] == shares[4]
    for chosen in plans[:3]:
        expected = products(chosen.network) / tokens * shares[-1]
        assert chosen.dropout == pytest.approx(expected, abs=0.011)  # both are rounded


def test_fine_tuning_has_the_dropout_of_its_epochs_also_in_a_small_network():
    chosen = [
        choose(TrainOptions(epochs=16.0), "character", 70, tokens, network=NETWORK)
        for tokens in (10**4, 10**7)
    ]
    assert chosen[0].dropout == chosen[1].dropout > 0.1


def test_the_size_chosen_for_some_minutes_has_the_dropout_of_its_epochs():
    for tokens in (10**4, 10**5, 10**6):
        chosen = plan(minutes=10.0, throughput=THROUGHPUT, tokens=tokens)
        epochs = 600 * THROUGHPUT / products(chosen.network) / tokens / chosen.peers
        expected = min(0.6, 0.1 * log2(epochs / SYMBOLS.undropped))
        assert chosen.dropout == pytest.approx(expected, abs=0.005) and expected > 0


def test_more_epochs_bring_more_weight_decay():
    decays = [plan(epochs=n).weight_decay for n in (0.1, 1.0, 2.0, 30.0, 10**5)]
    assert decays == sorted(decays)
    assert decays[0] < 0.01 and decays[-2] == decays[-1]


def test_a_short_run_takes_smaller_steps():
    short, long = (plan(minutes=minutes, throughput=THROUGHPUT) for minutes in (0.1, 10.0))
    assert short.batch * short.bptt < long.batch * long.bptt


@pytest.mark.parametrize("level", ["character", "word"])
@pytest.mark.parametrize("tokens", [300, 1_500, 30_000])
def test_gradients_reach_back_through_several_tokens_in_the_smallest_run(level, tokens):
    chosen = plan(level, tokens=tokens, epochs=5.0)
    assert chosen.bptt >= 12
    assert chosen.batch * chosen.bptt <= tokens / 10


def test_a_small_text_gets_a_smaller_batch():
    assert plan(tokens=10**6).batch > 1
    small = plan(tokens=100)
    assert small.batch * small.bptt <= 100


def test_the_length_of_bptt_warms_up_in_a_run_on_characters_that_has_the_usual_one():
    assert plan(epochs=8.0).bptt_warmup == plan(epochs=1.6).bptt_warmup == 0.5
    assert plan(epochs=1.4).bptt_warmup == plan("word", epochs=8.0).bptt_warmup == 0
    assert choose(TrainOptions(), "character", 70, 10**6, network=NETWORK).bptt_warmup == 0


def test_a_given_length_of_bptt_does_not_warm_up_unless_asked_to():
    assert plan(epochs=8.0, bptt=64).bptt_warmup == 0
    assert plan("word", epochs=0.1, bptt=8, bptt_warmup=0.3).bptt_warmup == 0.3
    assert plan(epochs=8.0, bptt_warmup=0.0).bptt_warmup == 0


@pytest.mark.parametrize("tied", [True, False])
def test_an_embedding_does_not_count_as_products(tied):
    network = NetworkConfig(vocabulary=9, embed=4, hidden=(4,), tied=tied)
    assert products(network) == 2 * 16 * 4 + 36


def test_a_network_too_large_or_too_small_gets_a_remark():
    assert remark(plan(hidden=256), 10**6) == ""
    assert "memorise it" in remark(plan(hidden=256), 10**4)
    assert "underfit" in remark(plan(hidden=8), 10**8)


@pytest.mark.parametrize(("hidden", "tokens"), [(256, 10**4), (8, 10**8)])
def test_the_remark_on_a_fine_tuned_network_advises_another_model(hidden, tokens):
    assert "--hidden" in remark(plan(hidden=hidden), tokens)
    advice = remark(plan(hidden=hidden), tokens, fine_tuned=True)
    assert "model with --from" in advice and "--hidden" not in advice


def test_a_plan_survives_json():
    chosen = plan(hidden=8)
    assert checker(Plan)(json.loads(json.dumps(chosen.to_dict()))) == chosen


@pytest.mark.parametrize("tokens", [10, 1000, 10**6])
@pytest.mark.parametrize("processes", [2, 3, 7])
def test_the_default_batch_is_a_multiple_of_the_processes(processes, tokens):
    chosen = choose(TrainOptions(epochs=1.0), "character", 70, tokens, world_size=processes)
    assert chosen.batch >= processes and chosen.batch % processes == 0


NETWORK = NetworkConfig(vocabulary=70, embed=32, hidden=(32, 32), cell="lstm")


@pytest.mark.parametrize(("level", "bptt"), [("character", 64), ("word", 24)])
def test_a_short_text_is_fine_tuned_in_smaller_batches_of_the_same_length(level, bptt):
    plans = [
        choose(TrainOptions(epochs=epochs), level, 70, tokens, network=NETWORK)
        for tokens, epochs in ((200, 1.0), (1000, 1.0), (1000, 5.0), (10_000, 5.0), (10**6, 5.0))
    ]
    assert {plan.bptt for plan in plans} == {bptt}
    batches = [plan.batch for plan in plans]
    assert batches == sorted(batches) and batches[0] == 1
    assert batches[-1] == {"character": SYMBOLS, "word": WORDS}[level].batch


def test_the_shortest_text_still_gets_gradients_through_time():
    chosen = choose(TrainOptions(), "character", 70, 64, network=NETWORK)
    assert (chosen.batch, chosen.bptt) == (1, 32)


def test_a_batch_or_a_length_that_is_given_is_kept_in_fine_tuning():
    given = TrainOptions(batch=3, bptt=10, epochs=2.0)
    chosen = choose(given, "word", 70, 1000, network=NETWORK)
    assert (chosen.batch, chosen.bptt, chosen.epochs, chosen.patience) == (3, 10, 2.0, None)


def test_fine_tuning_takes_a_few_epochs_but_no_longer_than_two_minutes():
    def fine_tuned(throughput, **given):
        options = TrainOptions(**given)
        return choose(options, "character", 70, 10_000, throughput, network=NETWORK)

    fast, slow = fine_tuned(1e9), fine_tuned(1e6)
    assert (fast.minutes, fast.epochs, fast.patience) == (None, 5.0, 3)
    words = choose(TrainOptions(), "word", 70, 1000, network=NETWORK)
    assert (words.minutes, words.epochs) == (None, 10.0)
    assert (slow.minutes, slow.epochs, slow.patience) == (2.0, None, 3)
    assert fine_tuned(1e9, minutes=1.0).patience is None
    assert plan("character", 70, 10_000).patience is None
