"""heads: LayerNorm, activations, scaled ids and a linear input, computed as torch does."""

import io
import json

import numpy as np
import pytest
import torch
from torch import nn

from rnnrepl import importers
from rnnrepl.errors import RnnreplError
from rnnrepl.importers import CheckpointFile
from tests.importers.test_plain import CHARACTERS, IDS, logits_of

V, H, D = len(CHARACTERS), 7, 5


class Model(nn.Module):
    """Embedding, LSTM and what `make` adds; `forward` is that of each test."""

    def __init__(self, *, embed=D, hidden=H, layers=1):
        super().__init__()
        torch.manual_seed(1)
        self.embedding = nn.Embedding(V, embed)
        self.lstm = nn.LSTM(embed, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, V)

    def run(self, x):
        return self.lstm(x)[0]

    def forward(self, ids):
        return self.fc(self.run(self.embedding(ids)))


class NormedOutput(Model):
    def __init__(self, **sizes):
        super().__init__(**sizes)
        self.layer_norm = nn.LayerNorm(self.lstm.hidden_size)

    def forward(self, ids):
        return self.fc(self.layer_norm(self.run(self.embedding(ids))))


class NormedInput(Model):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(D)

    def forward(self, ids):
        return self.fc(self.run(self.norm(self.embedding(ids))))


class NormedBoth(Model):
    """Of one size: names place them."""

    def __init__(self):
        super().__init__(embed=H)
        self.ln_emb, self.ln_out = nn.LayerNorm(H), nn.LayerNorm(H)

    def forward(self, ids):
        return self.fc(self.ln_out(self.run(self.ln_emb(self.embedding(ids)))))


class Head(Model):
    """Two layers in a Sequential after the LSTM."""

    def __init__(self, activation):
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(H, 9), activation, nn.Dropout(), nn.Linear(9, V))


class Scaled(Model):
    def __init__(self):
        super().__init__(embed=1)
        del self.embedding

    def forward(self, ids):
        return self.fc(self.run((ids[..., None] / V).to(self.fc.weight.dtype)))


class LinearInput(Model):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Linear(V, D)

    def forward(self, ids):
        one_hot = nn.functional.one_hot(ids, V).to(self.fc.weight.dtype)
        return self.fc(self.run(self.embedding(one_hot)))


class RowOutput(Model):
    """The output of "Dive into Deep Learning": a parameter (H, V) that multiplies rows."""

    def __init__(self):
        super().__init__(embed=V)
        del self.embedding, self.fc
        self.W_hq, self.b_q = nn.Parameter(torch.randn(H, V)), nn.Parameter(torch.randn(V))

    def forward(self, ids):
        one_hot = nn.functional.one_hot(ids, V).to(self.W_hq.dtype)
        return self.run(one_hot) @ self.W_hq + self.b_q


class Started(Model):
    """Trained initial states of two layers."""

    def __init__(self):
        super().__init__(layers=2)
        self.h0, self.c0 = (nn.Parameter(torch.randn(2, 1, H)) for _ in "hc")

    def run(self, x):
        return self.lstm(x, (self.h0, self.c0))[0]


class Normalised(Model):
    """Weight normalisation, whose files hold g and v."""

    def __init__(self):
        super().__init__()
        self.fc = nn.utils.parametrizations.weight_norm(self.fc)


class Resumed(Model):
    """A buffer of zeros that a program keeps between batches."""

    def __init__(self):
        super().__init__()
        self.register_buffer("hidden", torch.zeros(1, 1, H))


MODELS = {
    "a buffer of zeros": Resumed,
    "LayerNorm before the output": NormedOutput,
    "LayerNorm after two layers": lambda: NormedOutput(layers=2),
    "LayerNorm after the embedding": NormedInput,
    "LayerNorm in both places": NormedBoth,
    "scaled ids": Scaled,
    "linear input": LinearInput,
    "trained initial state": Started,
    "an output that multiplies rows": RowOutput,
}


def imported(model, value, folder, **options):
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.5)
    stream = io.BytesIO()
    torch.save(value(model), stream)
    (folder / "model.pt").write_bytes(stream.getvalue())
    (folder / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    return logits_of(folder / "model.pt", folder / "imported", **options)


def expected(model):
    with torch.no_grad():
        return model.double()(torch.tensor([IDS]))[0].log_softmax(-1)


def assert_equal(logits, model):
    actual = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    np.testing.assert_allclose(actual, expected(model), atol=1e-5, rtol=0)


@pytest.mark.parametrize("value", [lambda m: m, lambda m: m.state_dict()], ids=["whole", "state"])
@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_parts_around_the_layers_score_as_in_torch(make, value, tmp_path):
    model = make().eval()
    logits, result = imported(model, value, tmp_path)
    assert_equal(logits, model)
    assert any("one number a token" in n for n in result.notes) == isinstance(model, Scaled)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.Identity()], ids=repr)
def test_a_whole_module_names_its_activation(activation, tmp_path):
    model = Head(activation).eval()
    logits, result = imported(model, lambda m: m, tmp_path)
    assert_equal(logits, model)
    assert not any("assumed" in note for note in result.notes)


def test_weight_normalisation_is_multiplied_out(tmp_path):
    model = Normalised().eval()
    logits, _ = imported(model, lambda m: m.state_dict(), tmp_path)
    assert_equal(logits, model)


def sampled(model, length=3000):
    """A text that the model writes, so that no other reading predicts it better."""
    generator = torch.Generator().manual_seed(0)
    ids, text = torch.tensor([[0]]), []
    model = model.float()
    with torch.no_grad():
        state, id = None, ids
        for _ in range(length):
            x, state = model.lstm(model.embedding(id), state)
            p = model.fc(x)[0, -1].softmax(-1)
            id = torch.multinomial(p, 1, generator=generator)[None]
            text.append(CHARACTERS[int(id)])
    return "".join(text)


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh()], ids=repr)
def test_a_text_decides_on_the_activation_of_a_state_dict(activation, tmp_path):
    model = Head(activation).eval()
    with pytest.raises(
        RnnreplError, match=r"two Linear layers \(7, 9\), \(9, 12\): one too many.*--data"
    ):
        imported(model, lambda m: m.state_dict(), tmp_path)
    nn.init.normal_(model.fc[0].weight, std=2)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    (tmp_path / "text.txt").write_text(sampled(model))
    logits, result = logits_of(
        tmp_path / "model.pt", tmp_path / "imported", data=tmp_path / "text.txt"
    )
    assert_equal(logits, model)
    assert "The text of --data decides that a" in result.notes[0]


def test_a_text_that_does_not_decide_is_refused(tmp_path):
    model = Head(nn.ReLU()).eval()
    nn.init.zeros_(model.fc[3].weight)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    (tmp_path / "chars.json").write_text(json.dumps(list(CHARACTERS)))
    (tmp_path / "text.txt").write_text(CHARACTERS * 9)
    with pytest.raises(RnnreplError, match="does not decide how the weights are read"):
        importers.read(CheckpointFile(tmp_path / "model.pt", data=tmp_path / "text.txt"))


def test_an_initial_state_of_another_size_is_named(tmp_path):
    model = Started()
    model.h0 = nn.Parameter(torch.randn(3))
    with pytest.raises(RnnreplError, match=r"initial state that does not fit its 14 units: h0"):
        imported(model, lambda m: m.state_dict(), tmp_path)


def test_an_output_that_does_not_fit_is_named(tmp_path):
    model = RowOutput()
    model.b_q = nn.Parameter(torch.randn(3))
    with pytest.raises(RnnreplError, match=r"LSTM 1 x 7, W_hq \(7, 12\), b_q \(3,\): more"):
        imported(model, lambda m: m.state_dict(), tmp_path)
