"""What a run writes now and then to show how far it is."""

from itertools import islice

from rnnrepl.generation.marking import marked
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import Chain
from rnnrepl.sampling.draw import draws, trail
from rnnrepl.training.prepare import Job

LENGTH = {"byte": 200, "character": 200, "word": 60}  # tokens


def sample(job: Job, network: NumpyNetwork) -> str:
    """A text that begins where texts begin, from the run's seed and step: no chance is shared."""
    sampling = Sampling()
    chain = Chain(sampling, marked(sampling, job.tokenizer))
    numbers = trail([job.setting.plan.seed, job.position.step])
    start = Context(network.initial(), network.config.start)
    drawn = islice(draws(network, start, chain, numbers), LENGTH[job.tokenizer.level])
    return job.tokenizer.decode(one.id for one, _ in drawn)
