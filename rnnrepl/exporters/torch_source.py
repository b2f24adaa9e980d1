"""The source of the class that reads an exported state_dict: one network, in plain torch."""

from collections.abc import Iterator
from pathlib import Path

from rnnrepl import __version__
from rnnrepl.files.model_folders import vocabulary_beside
from rnnrepl.rnn.config import Activation, Cell, NetworkConfig
from rnnrepl.rnn.module_names import is_stacked

MODULES: dict[Cell, str] = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN", "relu": "RNN"}
NONLINEARITY: dict[Cell, str] = {"relu": ', nonlinearity="relu"'}
ACTIVATIONS: dict[Activation, str] = {"tanh": "torch.tanh", "relu": "torch.relu"}

TEXT = '''\
"""A recurrent language model in plain PyTorch, written by rnnrepl {version}.

{name} holds its weights, {vocabulary_file} its tokens, by id.
Shapes: T time steps, B texts, V tokens of the vocabulary.

    model = load()
    print(log_probabilities(model, torch.tensor([1, 2, 3])))
"""

from pathlib import Path

import torch
from torch import nn

VOCABULARY = {vocabulary}  # the id {vocabulary} stands for x<1> = 0
{start}


class Model(nn.Module):
    """{description}"""

    def __init__(self):
        super().__init__()
{modules}

    def forward(self, ids, state=None):
        """Reads ids (T, B); returns logits (T, B, V) of the tokens after each, and the state.

        The state continues a text; without one, a text begins.
        """
{forward}
{begin}

def load(path=Path(__file__).with_suffix("{suffix}")):
    """Returns the model with its weights, ready to predict."""
    model = Model()
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()


@torch.no_grad()
def log_probabilities(model, ids):
    """Returns ln P of {scored} (T,) of a text, given those before it."""
    {before}
    logits, _ = model(before[:, None])
    return logits[:, 0].log_softmax(-1).gather(-1, {targets}[:, None])[:, 0]
'''


def source(network: NetworkConfig, start: int | None, file: str) -> str:
    """Returns the module in Python; `start` is the id that texts begin after, None without one.

    `file` is the name of the file with the state_dict.
    """
    before, targets, scored = "before = ids[:-1]", "ids[1:]", "all but the first of the ids"
    if start is not None:
        before = "before = torch.cat([ids.new_tensor([START]), ids[:-1]])"
        targets, scored = "ids", "each of the ids"
    return TEXT.format(
        version=__version__,
        name=file,
        vocabulary_file=vocabulary_beside(Path(file)).name,
        suffix=Path(file).suffix,
        vocabulary=network.vocabulary,
        start="# The first token of a text is read, not predicted."
        if start is None
        else f"START = {start}  # is read before the first token of a text",
        description=_description(network),
        modules="\n".join(f"        {line}" for line in _modules(network)),
        forward="\n".join(f"        {line}" for line in _forward(network)),
        begin="\n".join(f"    {line}".rstrip() for line in _begin(network)),
        before=before,
        targets=targets,
        scored=scored,
    )


def _description(network: NetworkConfig) -> str:
    name = MODULES[network.cell] if network.cell != "relu" else "RNN with ReLU"
    layers = f"{network.layers} layer" + "s" * (network.layers > 1)
    norm = ", each after a LayerNorm" * network.norm
    residual = ", with residual connections" * any(map(network.residual, range(network.layers)))
    return f"{name} of {layers}{norm}{residual}: {network.parameters:,} parameters."


def _modules(network: NetworkConfig) -> Iterator[str]:
    """The lines of `__init__`."""
    cell, nonlinearity = f"nn.{MODULES[network.cell]}", NONLINEARITY.get(network.cell, "")
    last = network.hidden[-1]
    yield f"self.encoder = nn.Embedding({network.vocabulary}, {network.embed})"
    if is_stacked(network):
        yield f"self.rnn = {cell}({network.embed}, {last}, {network.layers}{nonlinearity})"
    else:
        sizes = [(network.inputs(k), size) for k, size in enumerate(network.hidden)]
        yield f"sizes = {sizes}  # inputs and units of each layer"
        yield f"self.layers = nn.ModuleList({cell}(n, m{nonlinearity}) for n, m in sizes)"
    if network.norm:
        yield "self.norms = nn.ModuleList(nn.LayerNorm(n) for n, _ in sizes)"
    if network.final_norm:
        yield f"self.norm = nn.LayerNorm({last})"
    if network.projection is not None:
        yield f"self.projection = nn.Linear({last}, {network.projection})"
    yield f"self.decoder = nn.Linear({network.output}, {network.vocabulary})"
    if network.tied:
        yield "self.decoder.weight = self.encoder.weight"
    if network.initial == "learnt":
        yield f"self.initial = nn.Parameter(torch.zeros({network.state}))"


def _forward(network: NetworkConfig) -> Iterator[str]:
    """The lines of `forward`."""
    yield "known = (ids < VOCABULARY).unsqueeze(-1)"
    yield "x = self.encoder(ids.clamp(max=VOCABULARY - 1)) * known"
    trained = network.initial == "learnt"
    if is_stacked(network):
        if trained:
            yield "state = self.begin(ids.shape[1]) if state is None else state"
        yield "x, state = self.rnn(x, state)"
    else:
        begin = "self.begin(ids.shape[1])" if trained else "[None] * len(self.layers)"
        yield f"before, state = state or {begin}, []"
        if network.norm:
            yield "for layer, norm, h in zip(self.layers, self.norms, before):"
            yield "    y, h = layer(norm(x), h)"
            yield "    x = x + y if x.shape == y.shape else y"
        else:
            yield "for layer, h in zip(self.layers, before):"
            yield "    x, h = layer(x, h)"
        yield "    state.append(h)"
    if network.final_norm:
        yield "x = self.norm(x)"
    if network.projection is not None:
        projected = "self.projection(x)"
        activation = ACTIVATIONS.get(network.activation)
        yield f"x = {activation}({projected})" if activation else f"x = {projected}"
    yield "return self.decoder(x), state"


def _begin(network: NetworkConfig) -> Iterator[str]:
    """The lines of the method that returns the trained initial state, if there is one."""
    if network.initial != "learnt":
        return
    layers, two = network.layers, network.cell == "lstm"
    yield from ("", "def begin(self, texts):")
    yield '    """Returns the trained state in which B texts begin."""'
    if is_stacked(network):
        yield f"    parts = self.initial.view(-1, {layers}, 1, {network.hidden[0]})"
        yield "    parts = parts.expand(-1, -1, texts, -1).contiguous()"
        yield "    return tuple(parts)  # h and c" if two else "    return parts[0]"
    else:
        widths = list(network.hidden) * (1 + two)
        yield f"    parts = self.initial.expand(1, texts, -1).split({widths}, -1)"
        yield "    parts = [part.contiguous() for part in parts]"
        pairs = f"list(zip(parts[:{layers}], parts[{layers}:]))  # h and c of each layer"
        yield f"    return {pairs if two else 'parts'}"
    yield ""
