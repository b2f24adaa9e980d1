"""Methods of `Model` that explain a prediction: by earlier tokens, and by similar places.

Each imports its modules when it is called, so that a model that only scores loads none of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnrepl.errors import usage
from rnnrepl.files.progress import Progress
from rnnrepl.inspection.methods import InspectionMethods
from rnnrepl.results.fields import Baseline, Method, Signal
from rnnrepl.rnn.network import Context

if TYPE_CHECKING:
    from rnnrepl.results.inspection import Explanation, NearestPlace


class ExplanationMethods(InspectionMethods):
    """The methods of `rnnrepl.Model` that explain what it predicts."""

    def why(
        self,
        text: str,
        *,
        at: int | None = None,
        token: int | None = None,
        target: str = "",
        against: str = "",
        method: Method = "occlusion",
        baseline: Baseline = "mean",
        steps: int = 0,
        window: int = 0,
        context: Context | None = None,
    ) -> "Explanation":
        """Returns how much each earlier token contributed to the log probability of a target.

        The target is the token that begins at or covers character `at` of the text, or the token
        with the number `token`, counted from 0; without both it follows the text. `target` names
        another token for that place (after the text by default the likeliest), and `against` asks
        why the target rather than this token. Sources are the tokens of the text before the target,
        or the last `window` of them; the text continues `context` or begins. `AttributionPlan`
        explains the other keywords.

        Attributions are in nats. They are computed in float64 on the CPU, whatever the device, with
        the model's clamps. Formulas: `rnnrepl.inspection.attribution`. Raises RnnreplError for a
        place that the text does not have or that no token precedes, a target that is not one token,
        more than 4,000 sources, keywords that do not go together, and if the tokenizer refuses the
        text.
        """
        from rnnrepl.inspection.explanation import AttributionPlan, explain, find_place
        from rnnrepl.scoring.surprisal import read

        if at is not None and token is not None:
            raise usage("Give `at` or `token`, not both.")
        if window < 0:
            raise usage(f"`window` must be at least 0, not {window}.")
        plan = AttributionPlan(target, against, method, baseline, steps)
        place = find_place(self.tokenizer, text, at, token)
        begin = context or self.begin()
        if 0 < window < len(place.ids):
            begin = read(self.network, place.ids[:-window], begin)
            place = place.last(window)
        record = explain(self, text, place, begin, plan)
        sources = tuple(map(self._with_clamps, record.sources))
        return self._with_clamps(replace(record, sources=sources))

    def nearest(
        self,
        texts: Iterable[str],
        text: str = "",
        *,
        layer: int | None = None,
        signal: Signal = "h",
        top: int = 10,
        context: Context | None = None,
    ) -> "list[NearestPlace]":
        """Returns the places of a long text at which the state is nearest to that after `text`.

        The long text is given in pieces, `texts`, cut anywhere. `text` continues `context` or
        begins. `signal` is h, c or a gate, as for `activations`, of a `layer`, by default the last;
        its vectors are compared by their cosine. The places are those after a token, the nearest
        first. Raises RnnreplError for a layer or a signal that the network does not have, a `top`
        below 1, texts without tokens, and an empty `text` if the model does not predict the first
        token.
        """
        records = self.nearest_with_progress(
            texts, text, layer=layer, signal=signal, top=top, context=context
        )
        return [record for record in records if not isinstance(record, Progress)]

    def nearest_with_progress(
        self,
        texts: Iterable[str],
        text: str = "",
        *,
        layer: int | None = None,
        signal: Signal = "h",
        top: int = 10,
        context: Context | None = None,
    ) -> "Iterator[Progress | NearestPlace]":
        """Yields the bytes done, then what `nearest` returns."""
        from rnnrepl.inspection.nearest import nearest, signal_name

        if top < 1:
            raise usage(f"`top` must be at least 1, not {top}.")
        name, here = signal_name(self.config, layer, signal), self.read(text, context)
        return map(self._with_clamps, nearest(self, texts, here, name, top=top))
