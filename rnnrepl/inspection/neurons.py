"""Units ranked by how well their value tells tokens with a feature from all others.

The text is read in blocks of whole lines. Units are ranked on the first half of each block, and
their figures are of the second halves, which had no part in the ranking.
"""

from collections.abc import Iterable, Iterator
from math import log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from rnnrepl.errors import RnnreplError
from rnnrepl.files.progress import Progress
from rnnrepl.inspection import probe
from rnnrepl.inspection.features import Labeler, SpanLabeler
from rnnrepl.inspection.histograms import (
    Histograms,
    Statistics,
    balanced_accuracy,
    best_edge,
    statistics,
)
from rnnrepl.inspection.reading import TracedReading, blocks
from rnnrepl.results.inspection import LayerProbe, UnitResponse
from rnnrepl.results.session import Notice
from rnnrepl.rnn import signals
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.scoring.base_model import BaseModel


class NeuronSearch:
    """The units of a model on one text: read it, then ask for the results.

    Raises RnnreplError as the labeler does, and where a half has no positive or no negative token.
    """

    def __init__(self, model: BaseModel, labeler: Labeler, *, probe_layers: bool = False) -> None:
        self._model, self._labeler = model, labeler
        self._names = signals.state_names(model.config)
        widths = signals.widths(model.config)
        self._columns = _columns([widths[name] for name in self._names])
        bounded = _bounded(model.config)
        self._halves = Histograms(bounded), Histograms(bounded)
        self._samples = [probe.Sample(len(bounded)) for _ in range(2)] if probe_layers else []

    def read(self, texts: Iterable[str]) -> Iterator[Progress]:
        """Reads a text, given in pieces cut anywhere; yields the bytes done."""
        reading = TracedReading(self._model.network, self._model.begin(), self._names)
        for text in blocks(texts):
            encoding = self._model.tokenizer.encode(text)
            labels = self._labeler.label(text, encoding)
            at, half = 0, (len(labels) + 1) // 2
            for trace, progress in reading.read_text(text, np.asarray(encoding.ids, np.int32)):
                values = np.concatenate([trace[name] for name in self._names], 1)
                cut = min(max(half - at, 0), len(values))
                for number, part in enumerate((slice(0, cut), slice(cut, len(values)))):
                    own = labels[at + part.start : at + part.stop]
                    self._halves[number].add(values[part], own)
                    if self._samples:
                        self._samples[number].add(values[part], own)
                at += len(values)
                yield progress
        if isinstance(self._labeler, SpanLabeler):
            self._labeler.check_end()

    def results(self, top: int) -> Iterator[UnitResponse | LayerProbe | Notice]:
        """Yields the `top` best units (all with 0), the probe of each layer, and a notice."""
        train, test = map(statistics, self._halves)
        for statistic, name in ((train, "first"), (test, "second")):
            if not statistic.positives or not statistic.negatives:
                count = "no" if not statistic.positives else "only"
                raise RnnreplError(
                    f"There are {count} tokens with the feature ({self._labeler.target}) in the "
                    f"{name} half of the text: both halves need tokens with and without it."
                )
        order = np.argsort(-np.abs(train.auc - 0.5), kind="stable")
        for column in order[: top or None].tolist():
            yield self._response(column, train, test)
        if self._samples:
            yield from self._probes(order.tolist())
        yield self._chance(train)

    def _response(self, column: int, train: Statistics, test: Statistics) -> UnitResponse:
        above = bool(train.auc[column] >= 0.5)
        edge = best_edge(self._halves[0], column, above=above)
        unit, signal = self._unit(column)
        return UnitResponse(
            unit=unit,
            signal=signal,
            auc=_oriented(test.auc[column], above),
            auc_train=_oriented(train.auc[column], above),
            threshold=self._halves[0].value(column, edge),
            direction="above" if above else "below",
            p=min(1.0, float(test.p[column]) * len(train.auc)),
            positives=test.positives,
            negatives=test.negatives,
            target=self._labeler.target,
        )

    def _probes(self, order: list[int]) -> Iterator[LayerProbe]:
        train, test = self._samples
        if len({*test.labels.tolist()}) < 2 or len({*train.labels.tolist()}) < 2:
            raise RnnreplError("The feature is too rare for a probe: give a longer text.")
        aucs = statistics(self._halves[0]).auc
        for name, columns in zip(self._names, self._columns, strict=True):
            best = next(c for c in order if columns.start <= c < columns.stop)
            above = bool(aucs[best] >= 0.5)
            edge = best_edge(self._halves[0], best, above=above)
            _, layer, signal = name.split(".")
            yield LayerProbe(
                layer=int(layer),
                signal="c" if signal == "c" else "h",
                accuracy=probe.accuracy(train, test, columns),
                best_unit=self._unit(best)[0],
                best_unit_accuracy=balanced_accuracy(self._halves[1], best, edge, above=above),
                shuffled=probe.shuffled_accuracy(train, test, columns),
                chance=0.5,
                tokens=len(test.labels),
                target=self._labeler.target,
            )

    def _unit(self, column: int) -> tuple[str, Literal["h", "c"]]:
        for name, columns in zip(self._names, self._columns, strict=True):
            if columns.start <= column < columns.stop:
                _, layer, signal = name.split(".")
                return f"{layer}:{column - columns.start}", "c" if signal == "c" else "h"
        raise AssertionError(column)

    def _chance(self, train: Statistics) -> Notice:
        """What the best of so many units would reach if none had to do with the feature.

        For independent tokens; neighbours of one span count as one, so the best then reaches more.
        """
        tried = len(train.auc)
        n, pairs = train.positives + train.negatives, float(train.positives) * train.negatives
        best = 0.5 + sqrt((n + 1) / (12 * pairs)) * sqrt(2 * log(2 * tried))
        return Notice(
            f"{tried:,} signals of units were ranked. By chance the best would reach an AUC of "
            f"about {min(best, 1.0):.3f} on the ranking half if tokens were independent, more with "
            "features in long spans, and 0.5 on the held-out half."
        )


def _columns(widths: list[int]) -> list[slice]:
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]


def _bounded(config: NetworkConfig) -> npt.NDArray[np.bool_]:
    """Whether each number of the flat state is from -1 to 1: h, unless a ReLU gives it."""
    bounded = np.zeros(config.state, bool)
    bounded[: sum(config.hidden)] = config.cell != "relu"
    return bounded


def _oriented(auc: float, above: bool) -> float:
    return float(auc if above else 1 - auc)


def search(
    model: BaseModel, texts: Iterable[str], labeler: Labeler, *, top: int, probe_layers: bool
) -> Iterator[UnitResponse | LayerProbe | Notice | Progress]:
    """Yields progress in bytes, then the results of a `NeuronSearch`."""
    neurons = NeuronSearch(model, labeler, probe_layers=probe_layers)
    yield from neurons.read(texts)
    yield from neurons.results(top)
