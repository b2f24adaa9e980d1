"""Measures how a device trains fastest: in which precision, and with how many workers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch

from rnnrepl.training.options import Dtype, TrainOptions
from rnnrepl.training.plan import Plan, products
from rnnrepl.training.ranks import world_size
from rnnrepl.training.step.precision import choices
from rnnrepl.training.step.sampled_softmax import CandidateSampler
from rnnrepl.training.step.trainer import Trainer

# Timed steps of a setup, after one to warm up: at least so many, and so many seconds of them.
STEPS, SECONDS = 3, 0.1
TURNS = 3  # other programs may slow down a setup in some of them
# Operators on several threads are now and then as fast as several workers for the few steps that
# are timed, and up to a third slower afterwards. So they must be faster by more than this factor.
FLUKE = 1.15
CLOSE = 2  # setups that are slower than the fastest by more than this have one turn
PEAK_ROWS, PEAK_SIDE = 2048, 512  # of the product that shows the peak of the device


@dataclass(frozen=True, slots=True)
class Setup:
    """The precision of a run, its workers, and the threads of an operator of each worker."""

    precision: Dtype
    workers: int = 1
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Pace:
    """The setup of a run, and its throughput in weights x tokens per second."""

    setup: Setup
    throughput: float  # of all peers together


# The plan for a number of workers, and for a throughput if that is known.
Sizes = Callable[[int, float | None], Plan]


def measure(
    options: TrainOptions,
    sizes: Sizes,
    device: torch.device,
    sampler: CandidateSampler | None = None,
) -> Pace:
    """Times training steps in the setups that the options allow, and chooses among them.

    The precision is the fastest with most workers. The size of a run in minutes follows from its
    throughput, and the workers are chosen at that size. Operators on several threads must be faster
    by more than FLUKE. Of equally fast setups, the one with the most workers is chosen. Raises
    RnnreplError for a precision in which the device cannot train.
    """
    layouts = _layouts(options, sizes, device)
    precisions = choices(options.precision, sizes(1, None).network, device)
    setups = [Setup(precision, *layouts[-1]) for precision in precisions]
    first = _fastest(setups, sizes, None, device, sampler)
    if options.epochs and len(layouts) == 1:  # no workers to choose, and the size is given
        return first
    setups = [Setup(first.setup.precision, *layout) for layout in layouts]
    return _fastest(setups, sizes, first.throughput, device, sampler)


def _fastest(
    setups: Sequence[Setup],
    sizes: Sizes,
    throughput: float | None,
    device: torch.device,
    sampler: CandidateSampler | None,
) -> Pace:
    paces: list[Pace] = []
    for _ in range(TURNS if len(setups) > 1 else 1):
        for setup in setups:
            paces.append(time_steps(sizes(setup.workers, throughput), device, setup, sampler))
        least = max(pace.throughput for pace in paces) / CLOSE
        setups = list(dict.fromkeys(pace.setup for pace in paces if pace.throughput >= least))
    return max(paces, key=_lasting)


def _lasting(pace: Pace) -> tuple[float, int]:
    return pace.throughput / (FLUKE if pace.setup.threads > 1 else 1), pace.setup.workers


def time_steps(
    plan: Plan, device: torch.device, setup: Setup, sampler: CandidateSampler | None = None
) -> Pace:
    """Times training steps of a plan in one setup."""
    work = plan.peers * products(plan.network) * plan.batch * plan.bptt
    return Pace(setup, work / _seconds_per_step(plan, device, setup, sampler))


def peak(device: torch.device, precision: torch.dtype) -> float:
    """Measures the floating-point operations per second of a large matrix product."""
    x = torch.ones(PEAK_ROWS, PEAK_SIDE, dtype=precision, device=device)
    y = torch.ones(PEAK_SIDE, PEAK_SIDE, dtype=precision, device=device)
    times = []
    for _ in range(1 + STEPS):
        started = perf_counter()
        float((x @ y)[0, 0])  # float() waits for the device
        times.append(perf_counter() - started)
    return 2 * PEAK_ROWS * PEAK_SIDE**2 / min(times)


def _layouts(options: TrainOptions, sizes: Sizes, device: torch.device) -> list[tuple[int, int]]:
    """The numbers of workers, and of threads of each, that are to be timed; most workers are last.

    There are at most as many workers as rows. They share the threads that torch may use, by default
    one per core. With small steps one worker with one thread may be fastest, since Python threads
    wait for each other between operators, and threads of an operator at its end. A run in epochs
    whose precision is given is to be the same each time, so its workers are not chosen by the
    clock.
    """
    cores = torch.get_num_threads()
    exact = options.epochs is not None and options.precision != "auto"
    timed = device.type == "cpu" and world_size() == 1 and not exact
    if options.workers:
        wanted = {options.workers}
    else:
        wanted = {cores, *(2**k for k in range(cores.bit_length()))} if timed else {1}
    counts = {min(count, sizes(count, None).batch) for count in wanted}
    layouts = {(count, options.threads or max(1, cores // count)) for count in counts}
    if timed and 1 in counts:
        layouts.add((1, options.threads or 1))
    return sorted(layouts)


def _seconds_per_step(
    plan: Plan, device: torch.device, setup: Setup, sampler: CandidateSampler | None
) -> float:
    """The median of a few steps on random tokens, so that a pause does not count.

    They are those after the warm-up of BPTT, in which a step takes about a tenth longer.
    """
    dtype = getattr(torch, setup.precision)
    trainer = Trainer(plan, device, dtype, sampler, setup.workers, setup.threads)
    chunk = torch.randint(plan.network.vocabulary, (plan.bptt, plan.batch))
    trainer.step(0, chunk, chunk, 1.0)
    times: list[float] = []
    while len(times) < STEPS or sum(times) < SECONDS:
        started = perf_counter()
        trainer.step(0, chunk, chunk, 1.0).tolist()  # waits for the device
        times.append(perf_counter() - started)
    return median(times)
