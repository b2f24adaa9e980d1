"""Methods of `Model` that trace, rank, ablate and clamp its hidden units.

Each imports its modules when it is called, so that a model that only scores loads none of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rnnrepl.errors import usage
from rnnrepl.files.progress import Progress
from rnnrepl.files.text import TextFiles, collect
from rnnrepl.results.fields import Signal
from rnnrepl.results.session import Notice
from rnnrepl.rnn.network import Context
from rnnrepl.scoring.base_model import BaseModel

if TYPE_CHECKING:
    from rnnrepl.inspection.trace import Trace
    from rnnrepl.results.inspection import (
        Ablation,
        Activations,
        GateSaturation,
        LayerProbe,
        UnitResponse,
    )
    from rnnrepl.results.steps import Steps


class InspectionMethods(BaseModel):
    """The methods of `rnnrepl.Model` that show hidden units and test what they do."""

    def trace(
        self, text: str, names: Sequence[str] = (), *, context: Context | None = None
    ) -> "Trace":
        """Returns the tokens of a text and signals of the network after each of them.

        Without `names` the signals are h and, for an LSTM, c of every layer; `rnnrepl.rnn.signals`
        lists all. The text continues `context` or begins. Raises RnnreplError for an unknown
        signal, and if the tokenizer refuses the text.
        """
        from rnnrepl.inspection.reading import traced
        from rnnrepl.inspection.trace import Trace
        from rnnrepl.rnn.signals import state_names
        from rnnrepl.tokenizer.tokenization import tokenize

        tokens = tokenize(self.tokenizer, text, self.name).tokens
        names = names or state_names(self.config)
        ids = self.tokenizer.ids(text)
        signals = traced(self.network, ids, context or self.begin(), names)
        return Trace(text, self.name, tokens, signals)

    def activations(
        self,
        text: str,
        *,
        units: Sequence[str] = (),
        signal: Signal = "h",
        top: int = 4,
        context: Context | None = None,
    ) -> "Activations":
        """Returns the values of units, such as "1:203", at every token of a text.

        Without `units` they are those of the `top` units that vary most. `signal` is h, c, or a
        gate: i, f, g, o of an LSTM, r, z, n of a GRU. Raises RnnreplError for a unit or a signal
        that the network does not have, and if the tokenizer refuses the text.
        """
        from rnnrepl.inspection.activations import activations

        begin = context or self.begin()
        return self._with_clamps(
            activations(self, text, begin, signal=signal, units=units, top=top)
        )

    def save_activations(self, file: Path | TextFiles, out: Path, *, signal: Signal = "h") -> None:
        """Writes the values of all units over a text file to a .npz file, in bounded memory.

        `rnnrepl.inspection.export` describes the arrays. Raises RnnreplError if a file cannot be
        read or written, and for a signal that the network does not have.
        """
        for _ in self.save_activations_with_progress(file, out, signal=signal):
            pass

    def save_activations_with_progress(
        self, file: Path | TextFiles, out: Path, *, signal: Signal = "h"
    ) -> Iterator[Progress]:
        """Does what `save_activations` does, and yields the bytes done."""
        from rnnrepl.inspection.export import export_activations

        texts = file if isinstance(file, TextFiles) else collect(file)
        return export_activations(self, texts, out, signal=signal)

    def neurons(
        self,
        texts: Iterable[str],
        *,
        match: str = "",
        labels: Sequence[tuple[int, int]] = (),
        feature: str = "",
        top: int = 10,
        probe: bool = False,
    ) -> "list[UnitResponse | LayerProbe]":
        """Returns the units that best tell tokens with a feature from all others, best first.

        The text is given in pieces cut anywhere. Its tokens with the feature are those that share a
        character with a match of the regular expression `match` (with its first group if it has
        groups) or with one of the spans `labels`, or those that `feature` names: line, word,
        sentence, depth, quote, capital, vowel or length. With `probe` the linear probes of all
        layers follow. Raises RnnreplError unless exactly one of the three is given, for a label
        that is no span of the text, and for a feature that no token, or every token, has in one
        half of the text.
        """
        records = self.neurons_with_progress(
            texts, match=match, labels=labels, feature=feature, top=top, probe=probe
        )
        return [r for r in records if not isinstance(r, Progress | Notice)]

    def neurons_with_progress(
        self,
        texts: Iterable[str],
        *,
        match: str = "",
        labels: Sequence[tuple[int, int]] = (),
        feature: str = "",
        top: int = 10,
        probe: bool = False,
        place: Callable[[int], str] | None = None,
    ) -> "Iterator[UnitResponse | LayerProbe | Notice | Progress]":
        """Yields the bytes done, then what `neurons` returns, then what chance would give.

        `place` names label n, from 1, in error messages.
        """
        from rnnrepl.inspection.features import labeler
        from rnnrepl.inspection.neurons import search

        if top < 0:
            raise usage(f"`top` must be at least 0, not {top}.")
        label = labeler(match, labels, feature, place)
        return map(self._with_clamps, search(self, texts, label, top=top, probe_layers=probe))

    def ablate(
        self,
        texts: Iterable[str],
        units: Sequence[str] = (),
        *,
        to: str = "zero",
        match: str = "",
        controls: int = 20,
        rank: int = 0,
        seed: int = 0,
    ) -> "list[Ablation]":
        """Returns what a text costs when units are held at "zero", their "mean", or a number.

        The text is given in pieces cut anywhere. There is one ablation, of all `units` together,
        beside `controls` random sets of as many units; or with `rank` the units, as many, whose
        ablation alone costs most. Raises RnnreplError for values that do not go together, units
        that the network does not have, an invalid pattern, and a text without tokens.
        """
        records = self.ablate_with_progress(
            texts, units, to=to, match=match, controls=controls, rank=rank, seed=seed
        )
        return [record for record in records if not isinstance(record, Progress)]

    def ablate_with_progress(
        self,
        texts: Iterable[str],
        units: Sequence[str] = (),
        *,
        to: str = "zero",
        match: str = "",
        controls: int = 20,
        rank: int = 0,
        seed: int = 0,
    ) -> "Iterator[Progress | Ablation]":
        """Yields the bytes done, then what `ablate` returns."""
        from rnnrepl.inspection.ablation import AblationPlan, ablate
        from rnnrepl.inspection.features import MatchLabeler
        from rnnrepl.inspection.units import HiddenUnit

        plan = AblationPlan(tuple(map(HiddenUnit.parse, units)), to, controls, rank, seed)
        labeler = MatchLabeler(match) if match else None
        return map(self._with_clamps, ablate(self, texts, plan, labeler))

    def gates(self, texts: Iterable[str]) -> "list[GateSaturation]":
        """Returns how often each gate of each layer is closed and open over a text.

        The text is given in pieces cut anywhere. Raises RnnreplError for a network without gates
        (`rnn`, `relu`), and a text without tokens.
        """
        records = self.gates_with_progress(texts)
        return [record for record in records if not isinstance(record, Progress)]

    def gates_with_progress(self, texts: Iterable[str]) -> "Iterator[Progress | GateSaturation]":
        """Yields the bytes done, then what `gates` returns."""
        from rnnrepl.inspection.gates import gate_saturation

        return map(self._with_clamps, gate_saturation(self, texts))

    def steps(self, text: str, *, top: int = 5, full: bool = False) -> "Steps":
        """Returns what the network computes at each time step of a text, and its formulas.

        Step t reads x<t> = y<t-1> (x<1> = 0) in state a<t-1> (a<0> = 0) and predicts y<t>, the
        token t of the text; `top` is the number of likeliest tokens. All vectors and matrices are
        included with `full`, and for tiny networks. Raises RnnreplError for a text without a step
        or with more than 1,000, a `top` below 1, and if the tokenizer refuses the text.
        """
        from rnnrepl.inspection.steps import time_steps

        if top < 1:
            raise usage(f"`top` must be at least 1, not {top}.")
        return self._with_clamps(time_steps(self, text, top=top, full=full))

    def clamped(self, clamps: Iterable[str]) -> Self:
        """Returns the model with units held at values after every token, such as "1:203=1".

        "1:203=1" clamps h of unit 203 in layer 1, "1:203.c=1" its cell. The clamps replace those of
        a model that is clamped already. Contexts of the models can be exchanged. Raises
        RnnreplError for a clamp that is malformed, or a unit that the network does not have.
        """
        clamps = tuple(clamps)
        if clamps == self.clamps:
            return self
        from rnnrepl.inspection.units import clamp_array, parse_clamps
        from rnnrepl.rnn.clamped_network import ClampedNetwork

        model, network = copy(self), self.network
        model.clamps = clamps
        model.network = network.network if isinstance(network, ClampedNetwork) else network
        if clamps:
            values = clamp_array(parse_clamps(clamps), self.config)
            model.network = ClampedNetwork(model.network, values)
        return model
