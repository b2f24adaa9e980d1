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
take turns in one process; the best of several turns counts.

Experiments behind the defaults. Each run has the given number of training tokens, over which its
learning rate decays to the end; figures are nats per character, or perplexity for words:

- Tiny Shakespeare, LSTM 2 x 256, batch 32 x 64, no dropout, 1.8 M characters: AdamW for all weights
  1.507; Muon for the recurrent matrices, 5 iterations 1.455, 3 iterations, which are cheaper,
  **1.458**; 3 iterations with 64 x 64 and 1.5 times the rate 1.469.
- As before, 1.5 M characters, 3 iterations: Muon's rate 0.02 1.488, 0.03 **1.483**; 32 x 32 at 0.02
  1.474, but a quarter slower, so equal at equal time.
- As before, the mean of the last weights (decay 0.98, 0.99, 0.995 over the last 40 %) instead of
  the last: AdamW 1.508, 1.510, 1.517, Muon 1.457, 1.459, 1.464. The rate decays to a fiftieth,
  which leaves nothing to average out.
- As before, Muon with weight decay 0.1 instead of 0.01: 1.468. Variational dropout of 0.2 after the
  LayerNorms: 1.566. With 2.9 M characters: no dropout **1.422**, 0.06 1.445; in so few epochs it
  slows training. 2 x 384 with 0.3 before the LayerNorms: 1.556 after 3.2 of 4 M.
- Tiny Shakespeare in 600 s, 2 x 352, Muon at 0.03: dropout 0.11 throughout 1.4154 after 8.7 M
  characters; rising linearly from 0 to 0.21 1.4147 after 8.2 M, no clear gain.
- 2 x 320, 32 x 64, 6 M characters, weight decay 0.01: variational dropout of 0.1 1.4215, dropout
  with a new mask at each time step 1.4245. Weight decay 0.1: dropout 0.1 1.4002, 0.05 **1.3824**,
  none 1.3876. Weight decay 0.3: 1.4245 and 1.4164 with dropout 0.1 and 0.05. Dropout of recurrent
  weights (0.3; weight decay 0.01, dropout 0.05): 1.4697.
- 2 x 256, 3.3 M characters, no dropout: weight decay 0.03 1.4126, 0.1 **1.4087**, 0.2 1.4245. 1.8 M
  characters: 0.05 1.4594, where 0.01 at the rate 0.02 gave 1.458.
- Words of Tiny Shakespeare, 2 x 224 projected to 160, 0.3 M words: the projection by SGD, like the
  embedding, diverged; by Muon at the rate of the layers 1,709, at a tenth of it **111**.
- 2 x 128, 0.24 M characters: 16 x 32 **1.853**, 8 x 64 1.870.
- Penn Treebank, LSTM 2 x 200, tied, 20 x 35, dropout 0.2, 1.1 M words: SGD for all weights (rate
  20, gradient norm clipped at 0.25) 207.7; Muon and AdamW at 1.5e-3 241.0; Muon and SGD **187.4**.
  After a quarter of the run Muon and SGD had 365, and 470 with 32 x 35.
- As before, Muon and SGD (0.02 and 20): full softmax 187.6; 2,000 sampled words **184.6**, 1,000
  sampled words 186.3, in little more than half the time. 1,500 sampled words with other rates: 0.02
  and 30 180.0, 0.03 and 20 178.8, 0.04 and 30 173.3, 0.04 and 45 172.9; clipped at 0.5 (0.02 and
  20) 189.6; 32 x 35 (0.025 and 25) 204.7. At 0.04 and 30, with an embedding initialised in +-0.05
  instead of +-0.1: 20 x 35 171.8, 20 x 24 **163.1**, clipped at 0.15 168.9; 20 x 16 161.2 and
  14 x 24 159.6, both much slower.
- 2 x 224, 20 x 24, 5 M words, rates 0.04 and 30: dropout 0.25 110.5, 0.12 **99.7**, 0.12 with
  weight decay 0.1 instead of 0.01 105.1.
- AdamW for all weights at 3e-3, 2 x 256, 32 x 35: 1,977 after 0.6 M words; SGD 266 after 0.55 M.
- Fine-tuning shakespeare-char (1.377) on 0.2 M characters of Penn Treebank, rates 0.004, 0.002,
  0.001 and 0.0005: 1.362, 1.320, **1.305**, 1.312 in one epoch, 1.277, 1.264, 1.252, 1.248 in four;
  from random weights 1.309 in four. New rows random instead of the mean of the old: 1.308 in one.
- Half of the batch on each of two cores, so that no product is split between cores: a step of
  2 x 256 in bfloat16 took 46 ms instead of 56 at best, one of 2 x 352 93 instead of 79.
- An own LSTM, forward and backward loops in Python over bfloat16 products: 120 ms against 50 of
  torch's (2 x 256, 32 x 64), and 232 against 275 (2 x 512).
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from time import perf_counter

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as rnnrepl.training does

import numpy as np
import torch

from rnnrepl.training import TrainOptions, train
from rnnrepl.training.data.token_ids import TokenIds
from rnnrepl.training.options import Dtype
from rnnrepl.training.plan import SHARED_BATCH, Level, Plan, choose
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
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    given = parser.parse_args()
    if given.what == "speed":
        speed()
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
    team = setup.workers, setup.threads
    trainer = Trainer(plan, cpu, getattr(torch, precision), sampler, *team)
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
    """Random ones, as frequent as words are (Zipf)."""
    frequency = 1 / np.arange(1, plan.network.vocabulary + 1)
    random = np.random.default_rng(0)
    return random.choice(len(frequency), 10**6, p=frequency / frequency.sum())


if __name__ == "__main__":
    main()
