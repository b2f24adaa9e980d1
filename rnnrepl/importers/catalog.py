"""The formats that `import` reads, as `import --formats` lists them."""

from typing import Final

from rnnrepl.results.models import ImportFormat

_BESIDE = "inside, beside, --vocab or --data"
_INSIDE = "inside"
_WORDS = "--vocab or --data"

CATALOG: Final = (
    ImportFormat(
        "PyTorch, numpy",
        ".pt .pth .bin .pkl .safetensors .npz",
        "any LSTM, GRU or RNN language model, found by the shapes of its weights",
        _BESIDE,
    ),
    ImportFormat(
        "Keras 1 to 3",
        ".h5 .hdf5 .keras, get_weights",
        "Embedding or one-hot, LSTM, GRU or SimpleRNN, Dense",
        "beside, --vocab or --data",
    ),
    ImportFormat(
        "word_language_model",
        ".pt",
        "PyTorch's example, neural-complexity, colorlessgreenRNNs",
        _WORDS,
    ),
    ImportFormat("char-rnn.pytorch", ".pt", "the program of spro", _INSIDE),
    ImportFormat("stanza", ".pt", "charlm, forward and backward", _INSIDE),
    ImportFormat("flair", ".pt", "LanguageModel, forward and backward", _INSIDE),
    ImportFormat("awd-lstm-lm", ".pt", "LSTM with weight dropout", _WORDS),
    ImportFormat("fastai", ".pth .h5", "AWD-LSTM of fastai 0.7 to 2", "--vocab itos.pkl"),
    ImportFormat("torch-rnn", ".t7", "LSTM or RNN of characters or bytes", _INSIDE),
    ImportFormat("char-rnn", ".t7", "LSTM or RNN of characters", _INSIDE),
)
