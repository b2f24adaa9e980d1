"""A model in use: text in, records out. What every command stands on."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnrepl import checkpoint
from rnnrepl.checkpoint import Card, Checkpoint, registry
from rnnrepl.errors import usage
from rnnrepl.files.progress import Progress
from rnnrepl.results import Evaluation, ModelCard, Sample, Score, Tokenization, Unit
from rnnrepl.rnn import runtime
from rnnrepl.rnn.network import Context, Network
from rnnrepl.sampling import Sampling
from rnnrepl.scoring import surprisal
from rnnrepl.scoring.adaptation import Adapt, Adaptation, Cache
from rnnrepl.scoring.adaptive_reader import AdaptiveReader
from rnnrepl.scoring.evaluation import EvaluationRun, evaluate
from rnnrepl.scoring.scorer import AHEAD, Scorer
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.tokenizer.tokenization import tokenize

if TYPE_CHECKING:  # what writes is imported when something is to be written
    from rnnrepl.generation.pattern import Pattern
    from rnnrepl.generation.stream import Generation


def load(name: str | Path, device: str = "cpu") -> "Model":
    """Opens a model by name (the shipped ones, then the user's) or by the path of its folder.

    `NAME@last` opens the newest weights of a training run instead of its best, `hf:OWNER/NAME` a
    model of the Hugging Face hub. On "cpu" the model runs on numpy; any other device is torch's
    ("cuda", "mps", ...). Raises RnnreplError where there is no such model, or it is damaged, or
    torch has no such device.
    """
    folder, last = registry.locate(str(name))
    found = checkpoint.read(folder, last=last)
    network = runtime.network(found.card.network, found.weights, device)
    return Model(found, network, device)


class Model:
    """A tokenizer and a network, with the name and the card under which they were found."""

    def __init__(self, found: Checkpoint, network: Network, device: str = "cpu") -> None:
        self.path = found.folder
        self.name = registry.title(found.folder)
        self.card: Card = found.card
        self.tokenizer: Tokenizer = found.tokenizer
        self.network = network
        self.device = device
        self._found = found
        self._start = checkpoint.start_id(found.card, found.tokenizer)

    @property
    def start(self) -> str:
        """What the first token is conditioned on: "zeros", or the start token's text."""
        return self.card.start if isinstance(self.card.start, str) else self.card.start["token"]

    def double(self) -> "Model":
        """The same model in double precision: on numpy, whatever this one runs on."""
        return Model(self._found, runtime.double(self._found.card.network, self._found.weights))

    def on(self, device: str) -> "Model":
        """The same model on another device, named as for `load`."""
        network = runtime.network(self._found.card.network, self._found.weights, device)
        return Model(self._found, network, device)

    def begin(self) -> Context:
        """The context in which nothing has been read: a<0>, and x<1> by the model's convention."""
        return Context(self.network.initial(), self._start)

    def read(self, text: str, context: Context | None = None) -> Context:
        """The context after a text that continues `context` (or begins)."""
        return surprisal.read(self.network, self.tokenizer.ids(text), context or self.begin())

    def score(
        self,
        text: str,
        *,
        unit: Unit = "bits",
        top: int = 0,
        eos: bool = True,
        context: Context | None = None,
    ) -> Score:
        """P(text), token by token, as surprisals in `unit`.

        The text is read from its beginning, or from `context`. With `eos` the end token is scored
        too, where the tokenizer has one. `top` is how many of the likeliest tokens to give at each
        place. Raises RnnreplError where the tokenizer refuses the text.
        """
        carry = context is not None
        (found,) = self.scores([text], unit=unit, top=top, eos=eos, carry=carry, context=context)
        return found

    def scores(
        self,
        texts: Iterable[str],
        *,
        unit: Unit = "bits",
        top: int = 0,
        eos: bool = True,
        carry: bool = False,
        context: Context | None = None,
        ahead: int = AHEAD,
        adaptation: Adaptation | None = None,
        before: Sequence[int] = (),
    ) -> Iterator[Score]:
        """The score of each text; with `carry` each continues the last.

        Without it up to `ahead` texts are scored side by side, which is many times faster; the
        scores come in the order of the texts, within rounding what `score` gives. With `ahead` 1
        each comes before the next text is asked for.

        With an adaptation each is read with what that takes from the text so far (`before` are the
        ids that led to `context`), and its total without stands beside. Raises RnnreplError where
        the weights learn so fast that they diverge.
        """
        told = self.scoring(
            texts,
            unit=unit,
            top=top,
            eos=eos,
            carry=carry,
            context=context,
            ahead=ahead,
            adaptation=adaptation,
            before=before,
        )
        return (one for one in told if isinstance(one, Score))

    def scoring(
        self,
        texts: Iterable[str],
        *,
        unit: Unit = "bits",
        top: int = 0,
        eos: bool = True,
        carry: bool = False,
        context: Context | None = None,
        ahead: int = AHEAD,
        adaptation: Adaptation | None = None,
        before: Sequence[int] = (),
    ) -> Iterator[Progress | Score]:
        """The same; on the way it says how far it is, as if each text were a line of a file."""
        scorer = Scorer(self.network, self.tokenizer, self.name, self.start, unit, top, eos)
        begin = context or self.begin()
        if adaptation and (adaptation.cache or adaptation.adapt):
            reader = self._reader(
                adapt=adaptation.adapt_settings if adaptation.adapt else None,
                cache=adaptation.cache_settings if adaptation.cache else None,
            )
            at = reader.adapt_to(np.array(before, np.int64), self.begin()) if before else begin
            return scorer.adapted(texts, at, begin, reader, carry=carry)
        return scorer.carried(texts, begin) if carry else scorer.independent(texts, begin, ahead)

    def evaluate(
        self, texts: Iterable[str], caches: Sequence[Cache] = (), adapts: Sequence[Adapt] = ()
    ) -> Evaluation:
        """The figures of one text, given in pieces cut anywhere, its state carried throughout.

        With caches, or ways to adapt to it, they are those with what serves the text best of them.
        A text that does not end with the end token gets one, where the tokenizer has it. Raises
        RnnreplError for a text without tokens, and where the weights learn so fast that they
        diverge.
        """
        *_, found = self.evaluation(texts, caches, adapts)
        assert isinstance(found, Evaluation)
        return found

    def evaluation(
        self, texts: Iterable[str], caches: Sequence[Cache] = (), adapts: Sequence[Adapt] = ()
    ) -> Iterator[Progress | Evaluation]:
        """The same; on the way it says how far it is."""
        begin = self.begin()
        runs = [EvaluationRun(self._reader(), begin, () if adapts else caches)]
        runs += [EvaluationRun(self._reader(adapt=adapt), begin, caches) for adapt in adapts]
        return evaluate(runs, self.tokenizer, texts, model=self.name)

    def _reader(self, *, adapt: Adapt | None = None, cache: Cache | None = None) -> AdaptiveReader:
        if adapt and self.network.initial().dtype == np.float64:
            raise usage("--adapt needs single precision: leave out --float64 or --adapt.")
        weights = self._found.weights
        return AdaptiveReader(self.network, weights, self.device, adapt=adapt, cache=cache)

    def stream(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        seed: int | None = None,
        sampling: Sampling | None = None,
        stop: Sequence[str] = (),
        past_eos: bool = False,
        match: str = "",
        context: Context | None = None,
        before: Sequence[int] = (),
        prompted: Context | None = None,
    ) -> "Generation":
        """Continues a prompt: iterate the result for the text as it comes.

        At most `length` tokens are drawn; the end token (unless `past_eos`) or any of the texts in
        `stop` ends the sample before. With `match`, a regular expression, only what it can still
        match is drawn, until it does and nothing longer could (`rnnrepl.generation.search`).
        Without a seed one is drawn; it is in the `Sample`. The prompt is read from the beginning,
        or from `context`; where that was done before, `prompted` is the context after it. `before`
        are the last ids that led to `context`. Raises RnnreplError where the tokenizer refuses the
        prompt, for what is no regular expression, and for one that takes too long.
        """
        from rnnrepl.generation.stream import Generation
        from rnnrepl.generation.writer import Task

        task = Task(prompt, length, sampling or Sampling(), _texts(stop), past_eos, _pattern(match))
        return Generation(
            self.network,
            self.tokenizer,
            task,
            context or self.begin(),
            seed=seed,
            before=before,
            prompted=prompted,
        )

    def samples(
        self,
        prompt: str = "",
        *,
        count: int,
        length: int = 200,
        seed: int | None = None,
        sampling: Sampling | None = None,
        stop: Sequence[str] = (),
        past_eos: bool = False,
        match: str = "",
        context: Context | None = None,
        before: Sequence[int] = (),
    ) -> Iterator[Sample]:
        """Many continuations of one prompt, drawn side by side; each as soon as it is done.

        Sample n has seed + n; but for rounding it is what `generate` gives for that seed (see
        `rnnrepl.generation.batch`). The other parameters are those of `stream`.
        """
        from rnnrepl.generation.batch import samples
        from rnnrepl.generation.stream import checked, new_seed
        from rnnrepl.generation.writer import Task

        task = Task(prompt, length, sampling or Sampling(), _texts(stop), past_eos, _pattern(match))
        first = new_seed() if seed is None else checked(seed)
        seeds = range(first, first + count)
        begin = context or self.begin()
        return samples(self.network, self.tokenizer, task, begin, seeds, before)

    def generate(
        self,
        prompt: str = "",
        *,
        length: int = 200,
        seed: int | None = None,
        sampling: Sampling | None = None,
        stop: Sequence[str] = (),
        past_eos: bool = False,
        match: str = "",
        context: Context | None = None,
    ) -> Sample:
        """The finished continuation of a prompt; the parameters are those of `stream`."""
        generation = self.stream(
            prompt,
            length=length,
            seed=seed,
            sampling=sampling,
            stop=stop,
            past_eos=past_eos,
            match=match,
            context=context,
        )
        for _ in generation:
            pass
        return generation.sample

    def tokenize(self, text: str) -> Tokenization:
        """A text as this model's tokenizer sees it."""
        return tokenize(self.tokenizer, text, self.card.tokenizer)

    def describe(self) -> ModelCard:
        """Everything the model's card says."""
        return ModelCard(
            self.name, str(self.path), self.card.network.parameters, self.card.to_dict()
        )


def _pattern(source: str) -> "Pattern | None":
    from rnnrepl.generation.pattern import Pattern

    return Pattern(source) if source else None


def _texts(stop: str | Sequence[str]) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop)
