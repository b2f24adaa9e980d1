"""The Python API: three lines, light to import, the same as the commands."""

import subprocess
import sys

import pytest
from safetensors.numpy import save

import rnnrepl
from rnnrepl import checkpoint
from rnnrepl.files import atomic, paths
from rnnrepl.rnn.numpy_network import NumpyNetwork
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


def test_torch_and_numpy_score_the_same(tmp_path):
    torch_model = rnnrepl.load(tiny.write(tmp_path / "m"), device="cpu:0")
    numpy_model = rnnrepl.load(tmp_path / "m")
    mine, theirs = torch_model.score("the cat sat", top=2), numpy_model.score("the cat sat", top=2)
    assert mine.total == pytest.approx(theirs.total, rel=1e-5)
    assert [t.rank for t in mine.tokens] == [t.rank for t in theirs.tokens]


def test_a_device_that_is_not_there_is_one_sentence(tmp_path):
    folder = tiny.write(tmp_path / "m")
    with pytest.raises(rnnrepl.RnnreplError, match="no device 'warp'"):
        rnnrepl.load(folder, device="warp")


def test_a_text_is_tokenized_as_the_model_sees_it(tmp_path):
    found = tiny.model(tmp_path / "m", "whitespace").tokenize("the  zebra")
    assert [(t.text, t.start, t.end, t.unk) for t in found.tokens] == [
        ("the", 0, 3, False),
        ("zebra", 5, 10, True),
    ]
    assert found.count == 2 and found.unk == 1 and found.tokenizer == "whitespace"


def test_a_unit_that_is_none_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(rnnrepl.RnnreplError, match="`unit` must be bits, nats or log10"):
        tiny.model(tmp_path / "m").score("the", unit="bit")


def test_a_single_text_to_stop_at_is_one(tmp_path):
    model = tiny.model(tmp_path / "m")
    sample = model.generate("the", stop="at", seed=1)
    assert sample == model.generate("the", stop=["at"], seed=1)
    assert sample.settings["stop"] == ["at"]


def test_a_model_describes_itself(tmp_path):
    model = tiny.model(tmp_path / "m")
    found = model.describe()
    assert found.card["network"]["cell"] == "lstm" and found.name == "m"
    assert found.parameters == sum(a.size for a in checkpoint.read(model.path).weights.values())
