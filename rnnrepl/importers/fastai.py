"""AWD-LSTM of fastai 0.7 to 2: a state_dict, with the vocabulary in itos.pkl."""

from rnnrepl.errors import RnnreplError
from rnnrepl.importers.assembly import assemble
from rnnrepl.importers.awd_lstm import stack_layers
from rnnrepl.importers.checkpoint_file import CheckpointFile
from rnnrepl.importers.imported_model import ImportedModel
from rnnrepl.importers.tokenizers import whitespace
from rnnrepl.importers.weights import state_dict
from rnnrepl.rnn.network import Floats

_UNKNOWN = ("xxunk", "_unk_")
_STARTS = ("xxbos", "xbos")
_MARKED = (
    "fastai marks capitals and repetitions in its texts (xxmaj, xxrep, ...): "
    "prepare texts the same way."
)
_ENCODER_ONLY = (
    "The file has no decoder: the embedding is used as the output layer, without a bias."
)


def read(file: CheckpointFile) -> ImportedModel | None:
    """Reads a language model of fastai: the whole, with its optimizer, or the encoder alone."""
    saved = file.torch
    if isinstance(saved, dict) and isinstance(saved.get("model"), dict):
        saved = saved["model"]
    tensors = _without_indices(state_dict(saved) if isinstance(saved, dict) else None)
    if not tensors or not tensors.keys() >= {"encoder.weight", "rnns.0.module.weight_ih_l0"}:
        return None
    if any(name.startswith("layers.") for name in tensors):
        raise RnnreplError("The file is a classifier: its language model is another file.")
    network, weights = assemble(stack_layers(tensors))
    tokens = file.vocabulary(network.vocabulary)
    unknown = next((token for token in _UNKNOWN if token in tokens), None)
    start = next((token for token in _STARTS if token in tokens), None)
    return ImportedModel(
        format="fastai",
        network=network,
        weights=weights,
        tokenizer=whitespace(tokens, unk=unknown, eos=None),
        start={"token": start} if start else "zeros",
        notes=(_MARKED,) if "decoder.weight" in tensors else (_MARKED, _ENCODER_ONLY),
    )


def _without_indices(tensors: dict[str, Floats] | None) -> dict[str, Floats] | None:
    """Removes the positions of encoder (0) and decoder (1) in fastai's SequentialRNN."""
    if not tensors or not all(name[:2] in ("0.", "1.") for name in tensors):
        return tensors
    return {name[2:].removeprefix("module."): tensor for name, tensor in tensors.items()}
