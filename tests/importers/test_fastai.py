"""fastai: scores equal those that fastai computed, with the vocabulary of itos.pkl."""

import pickle

import numpy as np
import pytest

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile, torch_file
from tests.importers.originals import HERE, check, imported

ITOS = HERE / "itos.pkl"


@pytest.mark.needs_torch
@pytest.mark.parametrize("name", ["fastai", "fastai-optimizer"])
def test_scores_equal_fastai(name, tmp_path):
    model = imported(f"{name}.pth", tmp_path / "model", vocab=ITOS)
    assert (model.start, model.card.network.hidden) == ("xxbos", (6, 6, 4))
    check(name, model)


def test_an_encoder_alone_uses_its_embedding_as_output_layer():
    encoder = importers.read(CheckpointFile(HERE / "fastai-encoder.pth", ITOS))
    whole = importers.read(CheckpointFile(HERE / "fastai.pth", ITOS))
    assert encoder.network == whole.network and len(encoder.notes) == 2
    assert not encoder.weights["decoder.bias"].any()
    assert np.array_equal(encoder.weights["encoder.weight"], whole.weights["encoder.weight"])


def test_reads_the_names_of_fastai_0_7():
    file = CheckpointFile(HERE / "fastai-optimizer.pth", ITOS)
    whole = torch_file.read(file.content)["model"]
    file.torch = {
        name.replace("encoder_dp.emb", "encoder_with_dropout.embed").replace(
            "weight_hh_l0_raw", "module.weight_hh_l0_raw"
        ): tensor
        for name, tensor in whole.items()
    }
    renamed, original = importers.read(file), importers.read(CheckpointFile(file.path, ITOS))
    for name, weight in original.weights.items():
        assert np.array_equal(renamed.weights[name], weight)


def test_refuses_a_classifier():
    file = CheckpointFile(HERE / "fastai.pth", ITOS)
    encoder = torch_file.read((HERE / "fastai-encoder.pth").read_bytes())
    file.torch = {f"0.module.{name}": tensor for name, tensor in encoder.items()}
    file.torch["1.layers.0.0.weight"] = encoder["encoder.weight"]
    with pytest.raises(RnnreplError, match="classifier"):
        importers.read(file)


def test_names_both_sizes_of_a_vocabulary_that_does_not_fit(tmp_path):
    (tmp_path / "itos.pkl").write_bytes(pickle.dumps(["xxunk", "a"]))
    with pytest.raises(RnnreplError, match="has 2 tokens and the model 12"):
        importers.read(CheckpointFile(HERE / "fastai.pth", tmp_path / "itos.pkl"))


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text"])
def test_refuses_a_pickle_that_is_not_a_list_of_tokens(value, tmp_path):
    (tmp_path / "itos.pkl").write_bytes(pickle.dumps(value))
    with pytest.raises(RnnreplError, match="it is not the vocabulary of this model"):
        importers.read(CheckpointFile(HERE / "fastai.pth", tmp_path / "itos.pkl"))
