"""hub: a model folder with a model card that huggingface_hub reads."""

import json
import re

import pytest
from huggingface_hub import ModelCard

from rnnrepl import checkpoint, exporters
from rnnrepl.exporters.hub import model_card
from rnnrepl.rnn.config import NetworkConfig
from tests import tiny


@pytest.fixture
def folder(tmp_path):
    folder = tiny.write(tmp_path / "model")
    exporters.write(checkpoint.read(folder), "hub", tmp_path / "tiny-model")
    return tmp_path / "tiny-model"


def test_the_folder_holds_the_model_unchanged(folder, tmp_path):
    for name in ("model.json", "weights.safetensors", "tokenizer.json"):
        assert (folder / name).read_bytes() == (tmp_path / "model" / name).read_bytes()
    assert sorted(path.name for path in folder.iterdir())[0] == "README.md"


def test_the_model_card_is_valid_and_describes_the_model(folder):
    card = ModelCard.load(folder / "README.md")
    assert card.data.library_name == "rnnrepl"
    assert card.data.pipeline_tag == "text-generation"
    assert card.data.tags == ["rnnrepl", "rnn", "lstm", "char-tokenizer"]
    assert "rnnrepl hf:OWNER/tiny-model" in card.text
    assert "LSTM with layers of 8 and 8, 17 tokens (`char`)" in card.text


def test_figures_and_origin_cannot_break_out_of_their_code_blocks():
    network = NetworkConfig(vocabulary=3, embed=2, hidden=(2,))
    figures, origin = {"perplexity": 4.5}, {"corpus": "\n```\n# not a title"}
    text = model_card("mine", checkpoint.Card(network, "char", figures=figures, origin=origin))
    blocks = re.findall(r"^```json\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert [json.loads(block) for block in blocks] == [figures, origin]
