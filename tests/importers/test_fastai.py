"""fastai's AWD-LSTM: the scores that fastai computed, with its vocabulary from itos.pkl."""

import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import Source, torch_file
from tests.importers.originals import HERE, check, imported

ITOS = HERE / "itos.pkl"


@pytest.mark.parametrize("name", ["fastai", "fastai-optimizer"])
def test_scores_are_those_of_fastai(name, tmp_path):
    model = imported(f"{name}.pth", tmp_path / "model", vocab=ITOS)
    assert (model.start, model.card.network.hidden) == ("xxbos", (6, 6, 4))
    check(name, model)


def test_an_encoder_alone_has_its_embedding_as_softmax():
    found = importers.read(Source(HERE / "fastai-encoder.pth", ITOS))
    whole = importers.read(Source(HERE / "fastai.pth", ITOS))
    assert found.network == whole.network and len(found.notes) == 2
    assert not found.weights["decoder.bias"].any()
    assert np.array_equal(found.weights["encoder.weight"], whole.weights["encoder.weight"])


def test_the_names_of_0_7_are_known():
    source = Source(HERE / "fastai-optimizer.pth", ITOS)
    whole = torch_file.read(source.content)["model"]
    source.torch = {
        name.replace("encoder_dp.emb", "encoder_with_dropout.embed").replace(
            "weight_hh_l0_raw", "module.weight_hh_l0_raw"
        ): tensor
        for name, tensor in whole.items()
    }
    found, other = (importers.read(one) for one in (source, Source(source.path, ITOS)))
    assert all(np.array_equal(found.weights[n], other.weights[n]) for n in other.weights)


def test_a_classifier_is_refused():
    source = Source(HERE / "fastai.pth", ITOS)
    encoder = torch_file.read((HERE / "fastai-encoder.pth").read_bytes())
    source.torch = {f"0.module.{name}": tensor for name, tensor in encoder.items()}
    source.torch["1.layers.0.0.weight"] = encoder["encoder.weight"]
    with pytest.raises(RnnreplError, match="classifier"):
        importers.read(source)


def test_a_vocabulary_of_another_size_is_told_by_both(tmp_path):
    (tmp_path / "itos.pkl").write_bytes(pickle.dumps(["xxunk", "a"]))
    with pytest.raises(RnnreplError, match="has 2 tokens and the model 12"):
        importers.read(Source(HERE / "fastai.pth", tmp_path / "itos.pkl"))


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text"])
def test_a_pickle_that_is_no_vocabulary_is_refused(value, tmp_path):
    (tmp_path / "itos.pkl").write_bytes(pickle.dumps(value))
    with pytest.raises(RnnreplError, match="no list of tokens"):
        importers.read(Source(HERE / "fastai.pth", tmp_path / "itos.pkl"))
