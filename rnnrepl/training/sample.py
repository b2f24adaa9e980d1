"""Text that a run generates at each validation."""

from itertools import islice

from rnnrepl.generation.token_constraints import resolve
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import draws
from rnnrepl.tokenizer import Tokenizer

LENGTH = {"byte": 200, "character": 200, "word": 60}  # tokens


def sample(network: NumpyNetwork, tokenizer: Tokenizer, seed: int, step: int) -> str:
    """Generates text from the start of a text.

    The random numbers follow from the seed and the step of the run, so sampling leaves the
    generators of training untouched.
    """
    sampling = Sampling()
    chain = SamplerChain(sampling, resolve(sampling, tokenizer))
    state = SamplerState.seeded([seed, step])
    start = Context(network.initial(), network.config.start)
    drawn = islice(draws(network, start, chain, state), LENGTH[tokenizer.level])
    return tokenizer.decode(token.id for token, _ in drawn)
