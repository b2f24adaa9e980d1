"""Resumes a run: reads its folder, checks it whole, and restores the run for its next step."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rnnrepl import checkpoint
from rnnrepl.errors import usage
from rnnrepl.training import track
from rnnrepl.training.job import Job, build_job, encode_corpus
from rnnrepl.training.runs.folder import RunFolder
from rnnrepl.training.state import load
from rnnrepl.training.step import memory
from rnnrepl.training.step.sampled_softmax import candidate_sampler


def resume(files: Sequence[Path], path: Path) -> Job:
    """Prepares the run in a folder from its latest saved state.

    `files` replace the paths of the corpus, if it has moved. Raises RnnreplError if the folder has
    no run, the run is over, or its text has changed.
    """
    folder = RunFolder(path)
    state = load(folder)
    if state.position.over:
        raise usage(f"The run in {path} is over: start a new one from its model with `from_`.")
    config = state.config()
    if files:
        source = replace(config.source, files=tuple(files))
        config = replace(config, source=source.absolute())
    model = checkpoint.read(path)
    if model.card.network != config.plan.network:
        raise folder.damaged("its network is not that of the model")
    device, _ = config.hardware
    memory.check(config.plan, device)
    track.check(config.tracked, model.tokenizer)
    corpus = config.source.read()
    if any(model.card.origin.get(key) != value for key, value in corpus.to_dict().items()):
        raise usage("The text has changed since the run began: resume it with the original text.")
    ids = encode_corpus(corpus, model.card.tokenizer, model.tokenizer)
    if config.plan.bptt > len(ids[0]):
        raise folder.damaged("its BPTT length is longer than its text")
    sampler = candidate_sampler(ids[0], config.plan, device)
    job = build_job(folder, config, model.card, model.tokenizer, corpus, ids, sampler)
    job = replace(job.at(state), resumed=True)
    folder.repair()
    return job
