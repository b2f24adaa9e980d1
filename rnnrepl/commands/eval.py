"""`eval`: perplexity and bits per character of a whole file."""

from collections.abc import Iterator
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Clamp, Device, Encoding, Float64, Session
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results.session import Notice
from rnnrepl.scoring.adaptation import ADAPTS, CACHES, Adaptation, harm

if TYPE_CHECKING:
    from rnnrepl.results.scores import Evaluation


@command(formats=("table", "json"))
def eval(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts: files, folders or patterns; - is standard input", Kind.FILE
    ],
    *,
    encoding: Encoding = "",
    model: Annotated[
        tuple[str, ...], "name, folder or hf:OWNER/NAME; several are compared", Kind.MODEL
    ] = (),
    spell: Annotated[str | None, "character model that spells unknown words", Kind.MODEL] = None,
    clamp: Clamp = (),
    device: Device = "cpu",
    float64: Float64 = False,
    adaptation: Annotated[Adaptation, SETTING],
    save: Annotated[Path | None, "new folder for the model that --adapt has adapted"] = None,
    tune_cache: Annotated[bool, "find the best cache for this text (grid search)"] = False,
    tune_adapt: Annotated[bool, "find the best adaptation for this text (grid search)"] = False,
) -> "Iterator[Evaluation | Notice | Progress]":
    """Evaluate models on a text.

    Shows perplexity, bits per character and bits per byte. The state is carried from beginning
    to end, also from file to file: they are one text, with a line break between two files.

    Perplexities are per token: compare models with different tokens by bits per character. A model
    that knows fewer words has an advantage, since an unknown word costs only -log P(UNK); --spell
    charges its spelling too.

    A neural cache or dynamic evaluation adapts the model to the text. Tune their settings on one
    text, then evaluate another with them. --save keeps the model that --adapt has adapted.

    Examples:
        eval book.txt --model shakespeare-word --spell shakespeare-char
        eval book.txt test.txt --encoding cp1252 --format json
        eval book.txt --adapt --save adapted
    """
    from rnnrepl.results.scores import unknown_advantage
    from rnnrepl.scoring.spelling import Speller

    if (tune_cache and adaptation.cache) or (tune_adapt and adaptation.adapt):
        raise usage("eval takes --cache or --tune-cache, --adapt or --tune-adapt, not both.")
    if save and (not adaptation.adapt or len(model) > 1):
        raise usage("eval takes --save with --adapt and one model.")
    if len(set(model)) < len(model):
        raise usage("eval takes each model once.")
    speller = Speller(session.use(spell, device)) if spell else None
    adapts = [adaptation.adapt_settings] if adaptation.adapt else []
    files = text_files.collect(file, encoding)
    yield from files.notices
    names, length = model or (None,), files.size
    total = None if length is None else length * len(names)
    # What is not a regular file can be read only once.
    once = len(names) > 1 and not all(path.is_file() for path in files.paths)
    texts = list(files) if once else files
    evaluations: list[Evaluation] = []
    for name in names:
        chosen = session.use(name, device, float64=float64).clamped(clamp)
        caches = [adaptation.cache_for(chosen.tokenizer.level)] if adaptation.cache else []
        tries = CACHES if tune_cache else caches, ADAPTS if tune_adapt else adapts
        before = sum(evaluation.bytes for evaluation in evaluations)
        try:
            records = chosen.evaluate_with_progress(texts, *tries, speller, save=save)
        except RnnreplError as error:
            raise error.naming({"adapt": "--tune-adapt"} if tune_adapt else {}) from error
        for record in records:
            if isinstance(record, Progress):
                yield Progress(before + record.done, total)
                continue
            evaluations.append(record)
            yield record
            if record.perplexity_before:
                used = {"cache": bool(record.cache), "adapt": bool(record.adapt)}
                unadapted = log(record.perplexity_before)
                if notice := harm(unadapted, record.nats_per_token, **used):
                    yield notice
    if warning := unknown_advantage(evaluations):
        yield warning
    if speller:
        yield from speller.notices()
    if save:
        yield Notice(f"The adapted model is in {save}.")
