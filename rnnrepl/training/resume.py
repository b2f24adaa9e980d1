"""Resumes a run: reads its folder, checks it whole, and restores the run for its next step."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rnnrepl import checkpoint
from rnnrepl.errors import usage
from rnnrepl.files.collection import is_pattern
from rnnrepl.training import track
from rnnrepl.training.config import CorpusSource
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.spans import is_reference
from rnnrepl.training.job import Job, build_job, encode_corpus
from rnnrepl.training.runs import registry
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.state import load
from rnnrepl.training.step import memory, precision
from rnnrepl.training.step.sampled_softmax import candidate_sampler


def resume(files: Sequence[Path], path: Path, valid: Path | None = None) -> Job:
    """Prepares the run in a folder from its latest saved state.

    `files` and `valid` replace the paths of the texts, if they have moved. Raises RnnreplError if
    the folder has no run, the run has ended, or a text has changed or cannot be found.
    """
    folder = RunFolder(path)
    state = load(folder)
    if state.position.over:
        raise usage(f"The run in {path} has ended: start a new one from its model with `from_`.")
    config = state.config()
    if valid and not config.source.valid:
        raise usage("The validation text of the run is a part of its corpus: leave out `valid`.")
    if files:
        config = replace(config, source=replace(config.source, files=tuple(files)).resolved())
    if valid:
        config = replace(config, source=replace(config.source, valid=valid.absolute()))
    model = checkpoint.read(path)
    if model.card.network != config.plan.network:
        raise folder.damaged("its network is not that of the model")
    device, _ = config.hardware
    memory.check(config.plan, device)
    precision.check(config.precision, config.plan.network, device)
    track.check(config.tracked, model.tokenizer)
    _check_presence(config.source, folder)
    corpus = config.source.read()
    if change := _change(model.card.origin, corpus):
        raise usage(
            f"{change}: resume it with the original text, or train on the new text with --from "
            f"{shlex.quote(registry.name(path))}."
        )
    ids = encode_corpus(corpus, model.card.tokenizer, model.tokenizer)
    if config.plan.bptt > len(ids[0]):
        raise folder.damaged("its BPTT length is longer than its text")
    sampler = candidate_sampler(ids[0], config.plan, device)
    job = build_job(folder, config, model.card, model.tokenizer, corpus, ids, sampler)
    job = replace(job.at(state), resumed=True)
    folder.repair()
    return job


def _check_presence(source: CorpusSource, folder: RunFolder) -> None:
    run = shlex.quote(registry.name(folder.path))
    for path in source.files:
        if not (path.exists() or is_reference(path)):
            raise usage(
                f"The text of the run is no longer in '{path}': give its file, as in "
                f"'rnnrepl train FILE --resume {run}'."
            )
    if source.valid and not (source.valid.exists() or is_pattern(source.valid)):
        raise usage(
            f"The validation text of the run is no longer in '{source.valid}': give its file, as "
            f"in 'rnnrepl train --resume {run} --valid FILE'."
        )


def _change(origin: Mapping[str, Any], corpus: Corpus) -> str:
    """Says what differs between a corpus and the origin of a run's texts; "" if nothing does.

    The names of files may differ.
    """
    current = corpus.to_dict()
    if origin.get("split") != current["split"]:
        return "The share of the training text has changed since the run began"
    for key in ("corpus", "valid"):
        before, now = _digests(origin.get(key)), _digests(current[key])
        if len(before) != len(now):
            files = f"{len(before)} to {len(now)} files"
            return f"The text has changed from {files} since the run began"
        for info, old, new in zip(current[key], before, now, strict=True):
            if old != new:
                return f"'{info['name']}' is not as it was when the run began, or another file"
    return ""


def _digests(files: Any) -> list[Any]:
    """The SHA-256 of each file in an origin, which is read from a file and may hold anything."""
    values = files if isinstance(files, list) else []
    return [info.get("sha256") if isinstance(info, dict) else None for info in values]
