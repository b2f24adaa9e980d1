"""The Python API of a model: load, score, compare, evaluate, generate, look inside."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnrepl import checkpoint, lookup
from rnnrepl.checkpoint import registry
from rnnrepl.errors import usage
from rnnrepl.inspection.explanation_methods import ExplanationMethods
from rnnrepl.results.fields import Unit
from rnnrepl.results.scores import Prediction
from rnnrepl.rnn import runtime
from rnnrepl.rnn.network import Context
from rnnrepl.scoring.methods import ScoringMethods

if TYPE_CHECKING:  # imported by the methods that need them
    from rnnrepl.generation.request import GenerationRequest
    from rnnrepl.generation.stream import Generation
    from rnnrepl.results.models import ModelCard
    from rnnrepl.results.samples import Sample, SamplerStage
    from rnnrepl.results.tokenizers import Tokenization
    from rnnrepl.sampling import Sampling


def load(name: str | Path, device: str = "cpu") -> "Model":
    """Loads a model by name (the shipped ones, then the user's) or by the path of its folder.

    `NAME@last` is the last checkpoint of a training run instead of its best, `hf:OWNER/NAME` a
    model of the Hugging Face hub, also of another program. On "cpu" it runs on numpy, on other
    devices ("cuda", "mps", ...) on torch. Raises RnnreplError if there is no such model or device,
    or if the model is damaged.
    """
    folder, last = lookup.model_folder(str(name))
    loaded = checkpoint.read(folder, last=last)
    return Model(loaded, runtime.network(loaded.card.network, loaded.weights, device), device)


class Model(ExplanationMethods, ScoringMethods):
    """A language model; `card` is its model.json. No method changes it: contexts hold the state."""

    def __repr__(self) -> str:
        c = self.config
        return (
            f"Model({self.name!r}, cell={c.cell!r}, hidden={c.hidden}, vocabulary={c.vocabulary}, "
            f"tokenizer={self.card.tokenizer!r}, device={self.device!r})"
        )

    def double(self) -> "Model":
        """Returns the model in double precision, on numpy whatever the device."""
        network = runtime.double(self.config, self.weights)
        return Model(self._checkpoint, network).clamped(self.clamps)

    def on(self, device: str) -> "Model":
        """Returns the model on another device, named as for `load`.

        Raises RnnreplError for a device that is not available.
        """
        network = runtime.network(self.config, self.weights, device)
        return Model(self._checkpoint, network, device).clamped(self.clamps)

    def next_tokens(
        self, text: str = "", *, top: int = 10, unit: Unit = "bits", context: Context | None = None
    ) -> Prediction:
        """Returns the `top` likeliest tokens after a text, all with 0; surprisals are in `unit`.

        Raises RnnreplError for a negative `top`, and if the tokenizer refuses the text.
        """
        from rnnrepl.scoring.prediction import predict

        after = self.read(text, context)
        prediction = predict(
            self.network, self.tokenizer, after, model=self.name, text=text, top=top, unit=unit
        )
        return self._with_clamps(prediction)

    def generate(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        seed: int | None = None,
        sampling: "Sampling | None" = None,
        stop: str | Sequence[str] = (),
        ignore_eos: bool = False,
        match: str = "",
        context: Context | None = None,
    ) -> "Sample":
        """Returns a continuation of a prompt; `GenerationRequest` explains the keywords.

        The seed, a random one by default, is in the `Sample`. Raises RnnreplError for an invalid
        request, and if the tokenizer refuses the prompt.
        """
        from rnnrepl.generation.request import GenerationRequest
        from rnnrepl.sampling import Sampling

        stops = (stop,) if isinstance(stop, str) else tuple(stop)
        sampling = sampling or Sampling()
        request = GenerationRequest(prompt, length, sampling, stops, ignore_eos, match)
        return self.stream(request, seed=seed, context=context).finish()

    def stream(
        self,
        request: "GenerationRequest",
        *,
        seed: int | None = None,
        context: Context | None = None,
        before: Sequence[int] = (),
        prompted: Context | None = None,
    ) -> "Generation":
        """Returns an iterator over the pieces of a continuation, as they are generated.

        `before` holds the last ids that led to `context`, `prompted` the context after the prompt
        if it is known already. Raises RnnreplError if the tokenizer refuses the prompt.
        """
        from rnnrepl.generation.stream import Generation

        begin = context or self.begin()
        request = self._with_clamps(request)
        return Generation(self.network, self.tokenizer, request, begin, seed, before, prompted)

    def samples(
        self,
        request: "GenerationRequest",
        *,
        count: int,
        seed: int | None = None,
        context: Context | None = None,
        before: Sequence[int] = (),
    ) -> "Iterator[Sample]":
        """Yields `count` continuations, generated side by side, each as soon as it is complete.

        Sample n (from 0) is, up to rounding, what `stream` generates with the seed `seed` + n.
        Raises RnnreplError for a count below 1, and if the tokenizer refuses the prompt.
        """
        from rnnrepl.generation.batch import samples

        if count < 1:
            raise usage(f"`count` must be at least 1, not {count}.")
        begin, request = context or self.begin(), self._with_clamps(request)
        return samples(self.network, self.tokenizer, request, begin, count, seed, before)

    def beam(
        self,
        request: "GenerationRequest",
        *,
        width: int,
        length_penalty: float = 0.0,
        context: Context | None = None,
        before: Sequence[int] = (),
    ) -> "list[Sample]":
        """Returns the `width` likeliest continuations that beam search finds, best first.

        Samplers are not applied, but banned tokens are left out. Raises RnnreplError for a width
        below 1, a length penalty below 0, a `match`, and if the tokenizer refuses the prompt.
        """
        from rnnrepl.generation.beam import beam

        begin, request = context or self.begin(), self._with_clamps(request)
        return beam(self.network, self.tokenizer, request, begin, width, length_penalty, before)

    def sampler_stages(
        self, text: str = "", *, sampling: "Sampling", context: Context | None = None
    ) -> "list[SamplerStage]":
        """Returns how many candidates for the token after a text each sampler leaves.

        Raises RnnreplError if the tokenizer refuses the text, or a token that `sampling` names.
        """
        from rnnrepl.generation.token_constraints import resolve
        from rnnrepl.sampling.chain import SamplerChain
        from rnnrepl.sampling.stages import stages

        logits, _ = self.step(self.read(text, context))
        chain = SamplerChain(sampling, resolve(sampling, self.tokenizer))
        return list(stages(logits, chain, self.tokenizer.ids(text).tolist()))

    def tokenize(self, text: str) -> "Tokenization":
        """Returns the tokens of a text. Raises RnnreplError if the tokenizer refuses it."""
        from rnnrepl.tokenizer.tokenization import tokenize

        return tokenize(self.tokenizer, text, self.card.tokenizer)

    def describe(self) -> "ModelCard":
        """Returns what `models` and `show` print: sizes, figures and origin of the model."""
        return registry.describe(self.path, self.card)
