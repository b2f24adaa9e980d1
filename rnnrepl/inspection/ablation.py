"""Ablation: what a text costs when hidden units are held at zero, their mean or another value.

The text is read once, by a batch of rows side by side: the network as it is, the network without
the units, and networks without as many random units of the same layers. Shapes: R rows, T tokens,
S flat state.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import threads
from rnnrepl.files.progress import Progress
from rnnrepl.inspection.features import Labeler, Mask
from rnnrepl.inspection.reading import TracedReading, blocks, byte_count
from rnnrepl.inspection.units import HiddenUnit
from rnnrepl.ranges import HELD
from rnnrepl.results.inspection import Ablation
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import NO_TOKEN, Context, Float64s, Floats, Ids, Network
from rnnrepl.scoring.base_model import BaseModel
from rnnrepl.scoring.surprisal import BLOCK, Block

TOKENS = 4096  # tokens of all rows that are in memory at once
ROWS = 128  # rows of one batch


@dataclass
class _Totals:
    """Sums of -ln P (R,) over all tokens, and over the tokens inside the matches, with counts."""

    nats: Float64s
    inside: Float64s
    tokens: int = 0
    tokens_inside: int = 0


class _Rows:
    """R networks that differ in their clamps (R, S), reading one text side by side."""

    def __init__(self, network: Network, clamps: Floats, context: Context) -> None:
        self._network, self._unread = network, context.id
        dtype = network.initial().dtype
        self._clamps = clamps.astype(dtype)
        self._states = np.repeat(context.state.astype(dtype)[None], len(clamps), 0)
        self.totals = _Totals(np.zeros(len(clamps)), np.zeros(len(clamps)))

    def read(self, ids: Ids, inside: Mask) -> Iterator[int]:
        """Continues the text with ids (T,); yields the number of tokens of each step of work."""
        if not len(ids):
            return
        if self._unread == NO_TOKEN:  # the first token is read, but not predicted
            self._unread, ids, inside = int(ids[0]), ids[1:], inside[1:]
        inputs = np.append(self._unread, ids[:-1])[: len(ids)]
        self._unread = int(ids[-1]) if len(ids) else self._unread
        self.totals.tokens += len(ids)
        self.totals.tokens_inside += int(np.count_nonzero(inside))
        self._network.prepare(inputs)
        count = len(self._clamps)
        cores = threads.count() if self._network.parallel else 1
        size = min(ROWS, -(-count // cores))
        groups = [slice(start, start + size) for start in range(0, count, size)]
        tasks = (self._read_group(group, inputs, ids, inside) for group in groups)
        if self._network.parallel and len(groups) > 1:
            yield from threads.run_parallel(tasks)
        else:
            for task in tasks:
                yield from task

    def _read_group(self, group: slice, inputs: Ids, ids: Ids, inside: Mask) -> Iterator[int]:
        clamps, states = self._clamps[group], self._states[group]
        rows = len(clamps)
        length = max(1, TOKENS // rows)
        for start in range(0, len(ids), length):
            part = slice(start, start + length)
            read, targets = np.repeat(inputs[part], rows), np.repeat(ids[part], rows)
            steps = len(read) // rows
            hidden, states = self._network.forward(read, [rows] * steps, states, clamps)
            nats = self._nats(hidden, targets).reshape(steps, rows)
            self.totals.nats[group] += nats.sum(0)
            self.totals.inside[group] += nats[inside[part]].sum(0)
            yield len(read)
        self._states[group] = states

    def _nats(self, hidden: Floats, targets: Ids) -> Float64s:
        size = max(1, BLOCK // self._network.config.vocabulary)
        nats = np.empty(len(targets))
        for start in range(0, len(targets), size):
            part = slice(start, start + size)
            logits = self._network.logits(hidden[part])
            nats[part] = Block(np.arange(0), hidden[part], logits, targets[part]).nats()
        return nats


@dataclass(frozen=True, slots=True)
class AblationPlan:
    """The units to ablate, the value they are held at, and the random controls.

    Args:
        units: the units, held together; with `rank` none.
        to: "zero", "mean" (over the text), or a number.
        controls: the number of random sets of units.
        rank: the number of units to find whose single ablation costs most; 0 for `units`.
        seed: of the random sets.

    Raises RnnreplError for values that do not go together.
    """

    units: tuple[HiddenUnit, ...] = ()
    to: str = "zero"
    controls: int = 20
    rank: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if bool(self.units) == bool(self.rank):
            raise usage("Give units to ablate, or `rank` to find the most important ones.")
        if self.controls < 0 or self.rank < 0:
            raise usage("`controls` and `rank` must be at least 0.")
        _ = self.value

    @property
    def value(self) -> float | None:
        """The value that units are held at; None for their means."""
        if self.to in ("zero", "mean"):
            return 0.0 if self.to == "zero" else None
        try:
            value = float(self.to)
        except ValueError:
            value = float("nan")
        if value - value != 0:
            raise usage(f"`to` must be zero, mean or a number, not '{self.to}'.")
        HELD.check("`to`", value)
        return value

    def sets(self, config: NetworkConfig) -> list[list[HiddenUnit]]:
        """The sets of units to ablate: the given one, then the controls; or each unit alone."""
        if self.rank:
            sizes = enumerate(config.hidden)
            return [[HiddenUnit(k, unit)] for k, size in sizes for unit in range(size)]
        random, given = np.random.default_rng(self.seed), list(dict.fromkeys(self.units))
        for unit in given:
            unit.index(config)
        return [given, *(_random_set(given, config, random) for _ in range(self.controls))]


def _random_set(
    given: Sequence[HiddenUnit], config: NetworkConfig, random: np.random.Generator
) -> list[HiddenUnit]:
    """A random set with as many units of each layer and part, none of them in `given`."""
    units: list[HiddenUnit] = []
    for layer, part in sorted({(unit.layer, unit.part) for unit in given}):
        taken = {unit.unit for unit in given if (unit.layer, unit.part) == (layer, part)}
        others = [unit for unit in range(config.hidden[layer]) if unit not in taken]
        if len(others) < len(taken):
            raise usage(
                f"Layer {layer} has only {len(others)} other units, too few for a control of "
                f"{len(taken)}: set `controls` to 0."
            )
        chosen = random.choice(others, len(taken), replace=False).tolist()
        units += [HiddenUnit(layer, unit, part) for unit in chosen]
    return units


def ablate(
    model: BaseModel, texts: Iterable[str], plan: AblationPlan, labeler: Labeler | None
) -> Iterator[Progress | Ablation]:
    """Yields progress in bytes, then the ablations: one, or with `rank` the costliest, in order.

    The texts are one text in pieces, read once more for the means. Raises RnnreplError for a text
    without tokens, and for units that the network does not have.
    """
    sets = plan.sets(model.config)
    value, means = plan.value, None
    if value is None:
        texts = texts if iter(texts) is not texts else list(texts)
        means = _means(model, texts)
    clamps = np.full((1 + len(sets), model.config.state), np.nan)
    for row, units in enumerate(sets, 1):
        for unit in units:
            index = unit.index(model.config)
            clamps[row, index] = means[index] if means is not None else value
    rows, done = _Rows(model.network, clamps, model.begin()), 0
    for text in blocks(texts):
        encoding = model.tokenizer.encode(text)
        ids = np.asarray(encoding.ids, np.int32)
        inside = labeler.label(text, encoding) if labeler else np.zeros(len(ids), bool)
        size, read = byte_count(text), 0
        for count in rows.read(ids, inside):
            read += count
            yield Progress(done + size * read // (len(ids) * len(clamps)))
        done += size
    if not rows.totals.tokens:
        raise RnnreplError("There is no text to ablate units on.")
    yield from _results(sets, plan, rows.totals, labelled=labeler is not None)


def _means(model: BaseModel, texts: Iterable[str]) -> Float64s:
    """The mean (S,) of every number of the state over a text."""
    names, total, count = signals.state_names(model.config), 0.0, 0
    reading = TracedReading(model.network, model.begin(), names)
    for text in blocks(texts):
        for trace in reading.read(model.tokenizer.ids(text)):
            values = np.concatenate([trace[name] for name in names], 1)
            total, count = total + values.sum(0, dtype=np.float64), count + len(values)
    return np.asarray(total / max(count, 1), np.float64)


def _results(
    sets: Sequence[Sequence[HiddenUnit]], plan: AblationPlan, totals: _Totals, *, labelled: bool
) -> Iterator[Ablation]:
    mean = totals.nats / totals.tokens
    change = (mean - mean[0])[1:]
    outside_tokens = totals.tokens - totals.tokens_inside
    shift = totals.inside - totals.inside[0], totals.nats - totals.nats[0]
    inside = shift[0][1:] / totals.tokens_inside if labelled and totals.tokens_inside else None
    outside = (shift[1] - shift[0])[1:] / outside_tokens if labelled and outside_tokens else None

    def result(index: int, others: Sequence[int]) -> Ablation:
        controls, own = change[list(others)], change[index]
        below = np.count_nonzero(controls < own) + np.count_nonzero(controls == own) / 2
        return Ablation(
            units=tuple(map(str, sets[index])),
            to=plan.to,
            nats_per_token=float(mean[0]),
            ablated_nats_per_token=float(mean[index + 1]),
            change=float(own),
            inside=None if inside is None else float(inside[index]),
            outside=None if outside is None else float(outside[index]),
            controls=tuple(controls.tolist()),
            percentile=float(100 * below / len(controls)) if len(controls) else None,
            controls_inside=None if inside is None else tuple(inside[list(others)].tolist()),
            tokens=totals.tokens,
            tokens_inside=totals.tokens_inside if labelled else None,
        )

    if not plan.rank:
        yield result(0, range(1, len(sets)))
        return
    for index in np.argsort(-change, kind="stable")[: plan.rank].tolist():
        layer = sets[index][0].layer
        yield result(index, [k for k, u in enumerate(sets) if u[0].layer == layer and k != index])
