"""Speed and quality of `rnnrepl train`, against the usual loop with torch.nn.LSTM.

    python benchmarks/training.py speed
    python benchmarks/training.py shakespeare FOLDER --seconds 110
    python benchmarks/training.py ptb FOLDER --seconds 390 --seeds 1 2 3

FOLDER contains tinyshakespeare.txt, or ptb.train.txt and ptb.valid.txt. A run is given only its
time and chooses everything else. Figures are of the whole validation text with the state carried;
for Tiny Shakespeare that is the last 10 %.

`speed` compares with a plain float32 loop of `nn.Embedding`, `nn.LSTM`, `nn.Linear`, cross-entropy
and AdamW with the same sizes, batch and BPTT length, while LayerNorm, tying, dropout and Muon are
active in the program. All have the batch that the program chooses for its workers. The variants
take turns in one process; the best of several turns counts. docs/performance.md has the experiments
behind the defaults.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as `import rnnrepl` does, but before torch

import numpy as np
import torch

from rnnrepl.tokenizer.contract import Level
from rnnrepl.training import TrainOptions, train
from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.options import Dtype
from rnnrepl.training.plan import SHARED_BATCH, Plan, choose
from rnnrepl.training.runs.events import RunEnded, RunStarted
from rnnrepl.training.step.pace import measure
from rnnrepl.training.step.precision import choices
from rnnrepl.training.step.sampled_softmax import candidate_sampler
from rnnrepl.training.step.trainer import Trainer

TURNS, STEPS = 7, 4
#            level, vocabulary, hidden, times the plain loop at least
CASES: list[tuple[Level, int, int, float]] = [
    ("character", 65, 256, 2.2),
    ("character", 65, 352, 2.2),
    ("word", 10_000, 200, 3.3),
]
# Seconds of training, and the target: nats per character, perplexity per word.
SHAKESPEARE = {8: 1.80, 110: 1.395, 600: 1.355}
PTB = {390: 95.0, 1800: 82.0}
CITED = {
    "shakespeare": "nanoGPT's 0.8 M character Transformer: 1.886 in 110 s, 2,000 steps of 12 x 64",
    "ptb": "PyTorch's word_language_model, LSTM 2 x 200, its defaults: 141 in 390 s, three epochs",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["speed", "shakespeare", "ptb"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    if given.what == "speed":
        speed()
    elif given.folder is None:
        parser.error("give FOLDER, which contains the texts")
    elif given.what == "shakespeare":
        quality(given, SHAKESPEARE, given.folder / "tinyshakespeare.txt")
    else:
        words = {"tokenizer": "whitespace", "valid": given.folder / "ptb.valid.txt"}
        quality(given, PTB, given.folder / "ptb.train.txt", **words)


# --- quality for the time spent -----------------------------------------------------------------


def quality(
    given: argparse.Namespace, targets: dict[int, float], text: Path, **options: object
) -> None:
    print(f"{given.what}: the baseline is {CITED[given.what]}")
    for time in [given.seconds] if given.seconds else targets:
        figures = [figure(text, time, seed, options) for seed in given.seeds]
        spread = f"+-{stdev(figures):.4f}" if len(figures) > 1 else ""
        target = f"(<= {targets[int(time)]})" if time in targets else ""
        print(f"{time:6.0f} s   {mean(figures):8.4f} {spread} {target}", flush=True)


def figure(text: Path, seconds: float, seed: int, options: dict[str, object]) -> float:
    """Trains once: nats per character, or perplexity per word."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = TrainOptions(out=Path(folder) / "run", minutes=seconds / 60, seed=seed, **options)  # type: ignore[arg-type]
        first, *_, last = train(text, chosen)
    assert isinstance(first, RunStarted) and isinstance(last, RunEnded)
    result = last.perplexity if options else last.nats_per_token
    print(
        f"seed {seed}: {first.cell} {first.hidden}, {first.parameters:,} weights, "
        f"{first.batch} x {first.bptt}, dropout {first.dropout}, {first.workers} workers, "
        f"{last.tokens_per_second:,.0f} tokens/s: {result:.4f}",
        flush=True,
    )
    return result


# --- speed --------------------------------------------------------------------------------------


def speed() -> None:
    print("trained tokens per second    nn.LSTM, float32    float32        bfloat16       faster")
    for level, vocabulary, hidden, least in CASES:
        # Enough epochs for the full batch size and some dropout.
        options = TrainOptions(hidden=hidden, epochs=8.0)
        plan = batched(choose(options, level, vocabulary, 10**6))
        kinds = choices("auto", plan.network, torch.device("cpu"))
        loops = [plain(plan), *(ours(plan, kind) for kind in kinds)]
        best = [0.0] * len(loops)
        for _ in range(TURNS):
            for n, loop in enumerate(loops):
                best[n] = max(best[n], plan.batch * plan.bptt / timed(loop))
        name = f"2 x {hidden}, {vocabulary:6,}, {plan.batch} x {plan.bptt}"
        figures = "".join(f"{figure:15,.0f}" for figure in best) + (3 - len(best)) * f"{'none':>15}"
        print(f"{name:26}{figures}   {max(best[1:]) / best[0]:9.2f} (>= {least})", flush=True)


def batched(plan: Plan) -> Plan:
    """The plan with the larger batch that several workers share, if they are faster with it."""
    cpu, text = torch.device("cpu"), tokens(plan)
    sampler = candidate_sampler(TokenIds(text, len(text)), plan, cpu)
    shared = replace(plan, batch=SHARED_BATCH * plan.batch)

    def with_workers(workers: int, _: float | None = None) -> Plan:
        return shared if workers > 1 else plan

    return with_workers(measure(TrainOptions(), with_workers, cpu, sampler).setup.workers)


def timed(step: Callable[[], object]) -> float:
    """Seconds a step."""
    step()
    began = perf_counter()
    for _ in range(STEPS):
        step()
    return (perf_counter() - began) / STEPS


def ours(plan: Plan, precision: Dtype) -> Callable[[], object]:
    text, cpu = tokens(plan), torch.device("cpu")
    sampler = candidate_sampler(TokenIds(text, len(text)), plan, cpu)
    setup = measure(TrainOptions(precision=precision), lambda *_: plan, cpu, sampler).setup
    dtype = getattr(torch, precision)
    trainer = Trainer(plan, cpu, dtype, sampler, setup.workers, setup.threads)
    inputs, targets = chunk(plan)
    return lambda: trainer.step(1, inputs, targets, 0.5)


def plain(plan: Plan) -> Callable[[], object]:
    size, vocabulary = plan.network.hidden[0], plan.network.vocabulary
    encoder = torch.nn.Embedding(vocabulary, size)
    rnn = torch.nn.LSTM(size, size, plan.network.layers)
    decoder = torch.nn.Linear(size, vocabulary)
    model = torch.nn.ModuleList([encoder, rnn, decoder])
    optimizer = torch.optim.AdamW(model.parameters(), plan.lr)
    inputs, targets = chunk(plan)
    state = tuple(torch.zeros(plan.network.layers, plan.batch, size) for _ in range(2))

    def step() -> None:
        nonlocal state
        output, state = rnn(encoder(inputs), state)
        state = tuple(part.detach() for part in state)
        loss = torch.nn.functional.cross_entropy(decoder(output).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
        optimizer.step()

    return step


def chunk(plan: Plan) -> tuple[torch.Tensor, torch.Tensor]:
    some = torch.from_numpy(tokens(plan)[: (plan.bptt + 1) * plan.batch])
    rows = some.view(plan.bptt + 1, plan.batch)
    return rows[:-1], rows[1:]


def tokens(plan: Plan) -> np.ndarray:
    """Random ids with Zipfian frequencies."""
    frequency = 1 / np.arange(1, plan.network.vocabulary + 1)
    random = np.random.default_rng(0)
    return random.choice(len(frequency), 10**6, p=frequency / frequency.sum())


if __name__ == "__main__":
    main()
