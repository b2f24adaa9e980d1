"""`classify`: Bayes' rule, with a language model for each class."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rnnrepl.app.session import Device, Encoding, Float64, Session
from rnnrepl.errors import usage
from rnnrepl.files import text as text_files
from rnnrepl.files.progress import Progress
from rnnrepl.grammar import SETTING, Kind, command
from rnnrepl.results.fields import Unit
from rnnrepl.results.session import NO_LINES, Notice

if TYPE_CHECKING:
    from rnnrepl.results.experiments import Classification, ClassifiedText


@command(formats=("table", "tsv", "json"))
def classify(
    session: Session,
    file: Annotated[
        tuple[Path, ...], "texts, or label<TAB>text, one per line; - is standard input", Kind.FILE
    ],
    *,
    class_: Annotated[tuple[str, ...], "a class and its model, LABEL=MODEL", Kind.MODEL],
    prior: Annotated[tuple[str, ...], "prior probability of a class, LABEL=P"] = (),
    learn_prior: Annotated[
        Path | None, "priors are the shares of the labels of a file label<TAB>text", Kind.FILE
    ] = None,
    spell: Annotated[str | None, "character model that scores unknown words", Kind.MODEL] = None,
    encoding: Encoding = "",
    unit: Annotated[Unit, "unit of surprisal", SETTING] = "bits",
    device: Device = "cpu",
    float64: Float64 = False,
) -> "Iterator[ClassifiedText | Classification | Notice | Progress]":
    """Classify texts with a language model for each class.

    By Bayes' rule P(class | text) is proportional to P(class) P(text | class). Priors are equal
    unless given or learned; classes without a prior share the rest. For texts with labels accuracy
    is shown with its 95 % Wilson interval, the confusion matrix, the calibration error, and the
    texts with the most and the least confident predictions.

    Examples:
        classify set.tsv --class a=shakespeare-char --class b=shakespeare-word
    """
    from rnnrepl.results.experiments import ClassifiedText
    from rnnrepl.scoring import classification
    from rnnrepl.scoring.classification import read_texts
    from rnnrepl.scoring.spelling import Speller

    if prior and learn_prior:
        raise usage("classify takes --prior or --learn-prior, not both.")
    names = dict(_assignments("--class", "MODEL", class_))
    models = {label: session.use(name, device, float64=float64) for label, name in names.items()}
    priors = {label: _number(label, p) for label, p in _assignments("--prior", "P", prior)}
    if learn_prior:
        priors = classification.learn_priors(
            read_texts(text_files.collect(learn_prior, encoding), models), models
        )
    speller = Speller(session.use(spell, device)) if spell else None
    files = text_files.collect(file, encoding)
    yield from files.notices
    texts = read_texts(files, models)
    total, done, unknown = files.size, 0, 0
    for record in classification.classify(models, texts, priors=priors, speller=speller, unit=unit):
        yield record
        if isinstance(record, ClassifiedText):
            label = "" if record.label is None else f"{record.label}\t"
            done += len(f"{label}{record.text}\n".encode("utf-8", "surrogatepass"))
            unknown += bool(record.unk)
            yield Progress(done, total)
    if not done:
        yield NO_LINES
    yield from classification.same_models(models)
    if speller:
        yield from speller.notices()
    elif unknown:
        yield Notice(
            f"Texts with unknown words: {unknown:,}. Each word costs only -log P(UNK): --spell "
            "CHARMODEL makes sums comparable."
        )


def _assignments(flag: str, value: str, given: Iterable[str]) -> Iterator[tuple[str, str]]:
    labels = set[str]()
    for text in given:
        label, equals, right = text.partition("=")
        if not (label and equals and right):
            raise usage(f"{flag} takes LABEL={value}, not '{text}'.")
        if label in labels:
            raise usage(f"{flag} is given twice for '{label}'.")
        labels.add(label)
        yield label, right


def _number(label: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise usage(f"--prior of '{label}' must be a number, not '{text}'.") from None
