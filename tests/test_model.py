"""The Python API: three lines, light to import, the same as the commands."""

import subprocess
import sys
from dataclasses import replace

import pytest
from safetensors.numpy import save

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.files import atomic, paths
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.scoring.options import ScoreOptions
from tests import tiny


def test_three_lines_score_and_continue():
    tiny.write(paths.user_models() / "mine")
    model = rnnrepl.load("mine")
    assert model.score("the cat").count == 7
    assert model.generate("the", seed=1, length=5).prompt == "the"


def test_importing_the_package_is_light():
    code = "import sys, rnnrepl; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"numpy", "torch", "rich", "prompt_toolkit", "regex", "safetensors"}


def test_every_public_name_is_there_when_it_is_used():
    assert set(rnnrepl.__all__) <= set(dir(rnnrepl))
    for name in rnnrepl.__all__:
        assert getattr(rnnrepl, name) is not None


def test_the_package_lists_public_names_only():
    assert set(dir(rnnrepl)) == {*rnnrepl.__all__, "__version__"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="sccore"):
        rnnrepl.sccore  # noqa: B018


def test_scoring_and_continuing_load_no_torch(tmp_path):
    folder = tiny.write(tmp_path / "model")
    code = (
        "import sys, rnnrepl\n"
        f"model = rnnrepl.load({str(folder)!r})\n"
        "model.score('the'); model.generate('the', length=3); model.evaluate(['the cat'])\n"
        "print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_the_last_weights_of_a_run_can_be_opened_instead_of_the_best(tmp_path):
    folder = tiny.write(tmp_path / "run")
    best = checkpoint.read(folder)
    last = {"model." + name: array + 1 for name, array in best.weights.items()}
    (folder / "training").mkdir()
    atomic.replace(folder / checkpoint.LAST, save(last))
    assert rnnrepl.load(f"{folder}@last").score("t") != rnnrepl.load(folder).score("t")


def test_a_missing_last_is_named(tmp_path):
    folder = tiny.write(tmp_path / "model")
    with pytest.raises(rnnrepl.RnnreplError, match=r"state\.safetensors"):
        rnnrepl.load(f"{folder}@last")


def test_on_the_cpu_a_model_runs_on_numpy(tmp_path):
    assert isinstance(tiny.model(tmp_path / "m").network, NumpyNetwork)


@pytest.mark.needs_torch
def test_torch_and_numpy_score_the_same(tmp_path):
    torch_model = rnnrepl.load(tiny.write(tmp_path / "m"), device="cpu:0")
    numpy_model = rnnrepl.load(tmp_path / "m")
    mine, theirs = torch_model.score("the cat sat", top=2), numpy_model.score("the cat sat", top=2)
    assert mine.total == pytest.approx(theirs.total, rel=1e-5)
    assert [t.rank for t in mine.tokens] == [t.rank for t in theirs.tokens]


@pytest.mark.needs_torch
def test_a_device_that_is_not_there_is_one_sentence(tmp_path):
    folder = tiny.write(tmp_path / "m")
    with pytest.raises(rnnrepl.RnnreplError, match="no device 'warp'"):
        rnnrepl.load(folder, device="warp")


def test_a_text_is_tokenized_as_the_model_sees_it(tmp_path):
    result = tiny.model(tmp_path / "m", "whitespace").tokenize("the  zebra")
    assert [(t.text, t.start, t.end, t.unk) for t in result.tokens] == [
        ("the", 0, 3, False),
        ("zebra", 5, 10, True),
    ]
    assert result.count == 2 and result.unk == 1 and result.tokenizer == "whitespace"


@pytest.mark.parametrize(
    "score",
    [
        lambda model: model.score("the", unit="bit"),
        lambda model: model.next_tokens("the", unit="bit"),
        lambda model: rnnrepl.among(model, "the", ["cat", "dog"], unit="bit"),
        lambda model: ScoreOptions(unit="bit"),
    ],
)
def test_a_unit_that_is_none_is_refused_in_one_sentence(tmp_path, score):
    with pytest.raises(rnnrepl.RnnreplError, match="`unit` must be bits, nats or log10"):
        score(tiny.model(tmp_path / "m"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": -2}, "`top` must be at least 0, not -2"),
        ({"ahead": 0}, "`ahead` must be at least 1, not 0"),
        ({"by": "span"}, "`by` span and `spans` need each other"),
        ({"spans": [(0, 1)]}, "`by` span and `spans` need each other"),
    ],
)
def test_options_of_scoring_are_checked_when_they_are_made(options, message):
    with pytest.raises(rnnrepl.RnnreplError, match=message):
        ScoreOptions(**options)


@pytest.mark.parametrize("ids", [[-5], [0, 9999]])
def test_ids_outside_the_vocabulary_have_no_surprisal(tmp_path, ids):
    with pytest.raises(rnnrepl.RnnreplError, match="The ids of m are 0 to 16, not "):
        tiny.model(tmp_path / "m").surprisals(ids)


def test_no_samples_at_all_are_refused(tmp_path):
    model, request = tiny.model(tmp_path / "m"), rnnrepl.GenerationRequest("the")
    with pytest.raises(rnnrepl.RnnreplError, match="`count` must be at least 1, not 0"):
        model.samples(request, count=0)


def test_a_single_text_to_stop_at_is_one(tmp_path):
    model = tiny.model(tmp_path / "m")
    sample = model.generate("the", stop="at", seed=1)
    assert sample == model.generate("the", stop=["at"], seed=1)
    assert sample.settings["stop"] == ["at"]


def test_a_model_describes_itself(tmp_path):
    model = tiny.model(tmp_path / "m")
    result = model.describe()
    assert result.card["network"]["cell"] == "lstm" and result.name == "m"
    assert result.parameters == sum(a.size for a in checkpoint.read(model.path).weights.values())


def test_the_representation_names_cell_sizes_tokenizer_and_device(tmp_path):
    assert repr(tiny.model(tmp_path / "m")) == (
        "Model('m', cell='lstm', hidden=(8, 8), vocabulary=17, tokenizer='char', device='cpu')"
    )


def test_words_and_whole_texts_are_scored(tmp_path):
    model = tiny.model(tmp_path / "m")
    plain, words = model.score("the cat"), model.score("the cat", by="word")
    assert [span.text for span in words.spans][:2] == ["the", "cat"]
    assert sum(span.surprisal for span in words.spans) == pytest.approx(plain.total + plain.closing)
    (text,) = model.scores(["the cat"], ScoreOptions(by="text"))
    assert text == replace(plain, tokens=(), by="text", closing=None)
    (region,) = model.scores(["*the* cat"], ScoreOptions(by="region"))
    (span,) = model.scores(["the cat"], ScoreOptions(by="span", spans=[(4, 7)]))
    assert [part.text for part in (*region.spans, *span.spans)] == ["the", "cat"]
    assert region.text == "the cat" and span.spans[0].count == 3


def test_a_sum_over_something_unknown_is_refused(tmp_path):
    with pytest.raises(rnnrepl.RnnreplError, match="`by` must be token, word, region"):
        tiny.model(tmp_path / "m").score("the", by="letter")


def test_results_with_progress_end_like_the_results_without(tmp_path):
    model = tiny.model(tmp_path / "m")
    *progress, score = model.scores_with_progress(["the cat"])
    assert progress and [score] == list(model.scores(["the cat"]))
    *progress, evaluation = model.evaluate_with_progress(["the cat"])
    assert progress and evaluation.nats == model.evaluate(["the cat"]).nats


def test_next_tokens_continue_a_text_or_a_context(tmp_path):
    model = tiny.model(tmp_path / "m")
    direct = model.next_tokens("the cat", top=3, unit="nats")
    continued = model.next_tokens(" cat", top=3, unit="nats", context=model.read("the"))
    surprisals = [token.surprisal for token in direct.tokens]
    assert surprisals == pytest.approx([token.surprisal for token in continued.tokens])
    logits, _ = model.step(model.read("the cat"))
    assert direct.tokens[0].id == logits.argmax()


def test_models_are_compared_with_the_end_token_only_if_all_have_one(tmp_path):
    char, word = tiny.model(tmp_path / "c"), tiny.model(tmp_path / "w", "word")
    comparison = char.compare("the cat", [word], unit="nats")
    assert [model.model for model in comparison.models] == ["c", "w"] and not comparison.eos
    assert comparison.models[1].total == word.score("the cat", unit="nats", eos=False).total


def test_sampler_stages_end_with_what_is_drawn_from(tmp_path):
    stages = tiny.model(tmp_path / "m").sampler_stages("the", sampling=rnnrepl.Sampling(top_k=2))
    assert [stage.sampler for stage in stages] == ["model", "refused", "temperature", "top_k"]
    assert stages[-1].candidates == 2 and 0 < stages[-1].mass < stages[0].mass == 1


def test_one_request_serves_streams_batches_and_beams(tmp_path):
    model = tiny.model(tmp_path / "m")
    request = rnnrepl.GenerationRequest("the", length=4)
    sample = model.stream(request, seed=1).finish()
    assert sample == model.generate("the", length=4, seed=1)
    assert next(model.samples(request, count=2, seed=1)).text == sample.text
    best, second = model.beam(request, width=2)
    assert best.logprob >= second.logprob and best.prompt == "the"


def test_surprisals_of_ids_continue_a_context(tmp_path):
    model = tiny.model(tmp_path / "m")
    ids = model.tokenizer.ids("the cat")
    nats, after = model.surprisals(ids)
    first, between = model.surprisals(ids[:3])
    second, end = model.surprisals(ids[3:].tolist(), between)
    assert [*first, *second] == pytest.approx(nats)
    assert end.id == after.id and nats.sum() == pytest.approx(
        model.score("the cat", unit="nats", eos=False).total
    )


def test_a_notebook_shows_a_score_as_a_heat_map_and_a_sample_as_its_text(tmp_path):
    model = tiny.model(tmp_path / "m")
    page = model.score("the <script>alert(1)</script>\x1b[31m")._repr_html_()
    assert 'class="l' in page and "<script" not in page and "\x1b" not in page
    sample = replace(model.generate("<b>the", length=5, seed=1), text="<img src=x onerror=y>")
    page = sample._repr_html_()
    assert "&lt;b&gt;the" in page and "&lt;img" in page and "<img" not in page
    assert rnnrepl.html(sample) == page
