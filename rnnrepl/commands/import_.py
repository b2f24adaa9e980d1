"""`import`: converts a checkpoint of another program to a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.files.model_folders import SUFFIX, check_outside
from rnnrepl.grammar import Kind, command
from rnnrepl.grammar.parser import missing
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.models import ImportFormat, ModelCard

SAMPLES, LENGTH = 3, 60  # of --sample: lines, and tokens of each
MEASURED = 20_000  # characters of --data whose bits per character --sample shows


@command(formats=("table", "json"))
def import_(
    session: Session,
    file: Annotated[
        Path | None, "checkpoint, what `convert` wrote, or hf:OWNER/NAME", Kind.FILE
    ] = None,
    *,
    out: Annotated[Path | None, "folder of the new model"] = None,
    vocab: Annotated[
        Path | None, "vocabulary: text with a token per line, JSON, pickle, or its name", Kind.FILE
    ] = None,
    data: Annotated[
        Path | None, "training text or corpus: its tokens, and how weights are read", Kind.FILE
    ] = None,
    start: Annotated[str | None, "start of texts: zeros, none or a token [detected]"] = None,
    nonlinearity: Annotated[
        Literal["tanh", "relu"] | None, "nonlinearity of an RNN that does not say it [tanh]"
    ] = None,
    sample: Annotated[bool, "show three samples, and the bits per character of --data"] = False,
    formats: Annotated[bool, "list the formats"] = False,
) -> "Iterator[ModelCard | ImportFormat | Notice]":
    """Import a checkpoint of another program, or a converted model.

    The format is detected automatically; no code from the file is executed. If the file has no
    vocabulary, it is looked for in the folder, or given with --vocab or --data. hf:OWNER/NAME is
    fetched from the Hugging Face hub, FILE in it as hf:OWNER/NAME/FILE. docs/importing/ describes
    the formats.

    Examples:
        import model.t7 --out models/paulgraham
        import model.pt --vocab vocab.pkl --out models/mine --sample
        import --formats
    """
    from rnnrepl import importers
    from rnnrepl.checkpoint import hub, registry
    from rnnrepl.importers.catalog import CATALOG

    if formats:
        yield from CATALOG
        return
    if file is None or out is None:
        given = {"FILE": file, "--out": out}
        raise missing("import", [name for name, value in given.items() if value is None])
    if out.suffix == SUFFIX:
        advice = (
            f"give a folder, then `rnnrepl convert FOLDER --to file --out {out}` writes the file"
        )
        raise usage(f"import writes a folder, not the file '{out}': {advice}.")
    if out.exists():
        raise usage(f"--out '{out}' exists already: give another folder.")
    check_outside(out)
    if data and not data.exists():
        raise usage(f"There is no file '{data}': give the training text or its folder with --data.")
    if str(file).startswith(hub.PREFIX):
        file = hub.find_checkpoint(str(file).removeprefix(hub.PREFIX)).download()
    source = importers.CheckpointFile(file, vocab, data, start, nonlinearity)
    imported = importers.read(source)
    yield registry.describe(out, imported.write(out, source.origin()))
    if imported.notes:
        yield Notice(" ".join(imported.notes))
    if data and not (sample or source.data_used):
        yield Notice(f"'{file}' holds its own vocabulary: --data was not read.")
    if sample:
        yield from map(Notice, _examine(session, out, data))
    load = f":load {out}" if session.interface == "prompt" else f"rnnrepl {out}"
    yield Notice(f"Type '{load}' to start a conversation with it.")


def _examine(session: Session, out: Path, data: Path | None) -> Iterator[str]:
    """Samples of a new model, and how well it predicts its training text."""
    from rnnrepl.checks import opening
    from rnnrepl.files.text import pieces
    from rnnrepl.model import load

    model = load(out)
    prompt = opening(model)
    for seed in range(SAMPLES):
        text = model.generate(prompt, length=LENGTH, seed=seed).text
        yield f"Sample {seed + 1}: {prompt}{text}".replace("\n", "⏎")
    if data and data.is_file():
        text = next(iter(pieces(data)))[:MEASURED]
        try:
            bits = model.evaluate([text]).bits_per_char
        except RnnreplError as error:  # the text has tokens that the model does not know
            yield f"'{data}' cannot be scored: {error}"
        else:
            yield f"The beginning of '{data}' takes {bits:.3f} bits per character."
