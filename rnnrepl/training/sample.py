"""What a run writes now and then to show how far it is."""

from itertools import islice

from rnnrepl.generation.token_constraints import resolve
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import draws
from rnnrepl.training.prepare import Job

LENGTH = {"byte": 200, "character": 200, "word": 60}  # tokens


def sample(job: Job, network: NumpyNetwork) -> str:
    """A text that begins where texts begin, from the run's seed and step: no chance is shared."""
    sampling = Sampling()
    chain = SamplerChain(sampling, resolve(sampling, job.tokenizer))
    state = SamplerState.seeded([job.setting.plan.seed, job.position.step])
    start = Context(network.initial(), network.config.start)
    drawn = islice(draws(network, start, chain, state), LENGTH[job.tokenizer.level])
    return job.tokenizer.decode(one.id for one, _ in drawn)
