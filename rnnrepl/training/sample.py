"""Text that a run generates at each validation."""

from itertools import islice

from rnnrepl.generation.marking import marked
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import Chain
from rnnrepl.sampling.draw import draws, trail
from rnnrepl.tokenizer import Tokenizer

LENGTH = {"byte": 200, "character": 200, "word": 60}  # tokens


def sample(network: NumpyNetwork, tokenizer: Tokenizer, seed: int, step: int) -> str:
    """Generates text from the start of a text.

    The random numbers follow from the seed and the step of the run, so sampling leaves the
    generators of training untouched.
    """
    sampling = Sampling()
    chain = Chain(sampling, marked(sampling, tokenizer))
    start = Context(network.initial(), network.config.start)
    drawn = islice(draws(network, start, chain, trail([seed, step])), LENGTH[tokenizer.level])
    return tokenizer.decode(token.id for token, _ in drawn)
