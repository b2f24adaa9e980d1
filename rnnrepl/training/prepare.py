"""Prepares a run for its next step: a new run, or one that is resumed."""

import platform
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rnnrepl
from rnnrepl import checkpoint, tokenizer
from rnnrepl.checkpoint import Card
from rnnrepl.errors import usage
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.tokenizer import Tokenizer
from rnnrepl.training import track
from rnnrepl.training.config import CorpusSource, RunConfig
from rnnrepl.training.data.batches import BPTTBatches
from rnnrepl.training.data.corpus import Corpus
from rnnrepl.training.data.token_ids import TokenIds, check, encode_texts, train_tokenizer
from rnnrepl.training.finetune import BaseModel
from rnnrepl.training.job import Job
from rnnrepl.training.options import TOKENIZER, TrainOptions
from rnnrepl.training.plan import choose
from rnnrepl.training.ranks import world_size
from rnnrepl.training.runs.folder import RunFolder, new_folder
from rnnrepl.training.state import Position, load
from rnnrepl.training.step import memory
from rnnrepl.training.step.device_ids import device_ids
from rnnrepl.training.step.divergence import DivergenceDetector
from rnnrepl.training.step.precision import measure
from rnnrepl.training.step.sampled_softmax import CandidateSampler, candidate_sampler
from rnnrepl.training.step.trainer import MODEL, Trainer


def begin(files: Sequence[Path], options: TrainOptions) -> Job:
    """Prepares a new run; its folder then holds a whole, untrained model.

    Raises RnnreplError for a corpus, an option or a folder that cannot be used.
    """
    device = choose_device(options.device)
    base = BaseModel.from_options(options)
    name, chosen = base.tokenizer_options if base else _tokenizer_options(options)
    if options.out is not None:
        RunFolder(options.out).check_new()
    source = CorpusSource(tuple(files), options.valid, options.split)
    corpus = source.read()
    source = replace(source, split=corpus.split)
    trained = (
        base.extend_tokenizer(corpus.train) if base else train_tokenizer(corpus.train, name, chosen)
    )
    track.check(options.track, trained)
    ids = _encode(corpus, name, trained)
    if options.epochs is not None and options.epochs * len(ids[0]) < 1:
        raise usage(f"--epochs {options.epochs:g} is less than one token: give more epochs.")
    vocabulary = len(trained.tokens)
    complete = partial(
        choose,
        options,
        trained.level,
        vocabulary,
        len(ids[0]),
        world_size=world_size(),
        network=base.network(vocabulary) if base else None,
    )
    plan = complete()
    memory.check(plan, device)
    sampler = candidate_sampler(ids[0], plan, device)
    pace = measure(options.precision, plan, device, sampler)
    plan = complete(pace.throughput)
    memory.check(plan, device)
    config = RunConfig(source.absolute(), plan, device, pace.precision, options.track)
    origin = corpus.to_dict() | _circumstances(files, options, config)
    if base:
        origin |= base.origin
    folder = RunFolder(options.out or new_folder(corpus.name, options.kind))
    card = Card(plan.network, name, chosen, origin=origin)
    job = _job(folder, config, card, trained, corpus, ids, sampler)
    arrays = job.trainer.arrays()
    if base:
        arrays |= {MODEL + name: array for name, array in base.weights(vocabulary).items()}
        job.trainer.restore(arrays, 0)  # on all ranks
        job = replace(job, grown=base.event(trained))
    folder.create(card, trained, job.state(arrays))
    return job


def resume(files: Sequence[Path], path: Path) -> Job:
    """Prepares the run in a folder from its latest saved state.

    `files` replace the paths of the corpus, if it has moved. Raises RnnreplError if the folder has
    no run, the run is over, or its text has changed.
    """
    folder = RunFolder(path)
    state = load(folder)
    if state.position.over:
        raise usage(f"The run in {path} is over: start a new one from its model with --from.")
    config = state.config()
    if files:
        source = replace(config.source, files=tuple(files))
        config = replace(config, source=source.absolute())
    model = checkpoint.read(path)
    if model.card.network != config.plan.network:
        raise folder.damaged("its network is not that of the model")
    memory.check(config.plan, config.device)
    track.check(config.tracked, model.tokenizer)
    corpus = config.source.read()
    if any(model.card.origin.get(key) != value for key, value in corpus.to_dict().items()):
        raise usage("The text has changed since the run began: resume it with the original text.")
    ids = _encode(corpus, model.card.tokenizer, model.tokenizer)
    if config.plan.bptt > len(ids[0]):
        raise folder.damaged("its --bptt is longer than its text")
    sampler = candidate_sampler(ids[0], config.plan, config.device)
    job = _job(folder, config, model.card, model.tokenizer, corpus, ids, sampler)
    job = replace(job.at(state), resumed=True)
    folder.repair()
    return job


def _tokenizer_options(options: TrainOptions) -> tuple[str, dict[str, Any]]:
    """The name of the tokenizer, and its options."""
    name = options.tokenizer or TOKENIZER
    return name, tokenizer.parse_options(tokenizer.find(name), options.tokenizer_option)


def _job(
    folder: RunFolder,
    config: RunConfig,
    card: Card,
    tokenizer: Tokenizer,
    corpus: Corpus,
    ids: tuple[TokenIds, TokenIds],
    sampler: CandidateSampler | None,
) -> Job:
    train, valid = ids
    plan = config.plan
    sizes = plan.network.start, plan.batch, plan.bptt, plan.seed
    return Job(
        folder,
        config,
        card,
        tokenizer,
        Trainer(plan, config.device, config.precision, sampler),
        BPTTBatches(train, *sizes, device_ids(train, config.device)),
        valid,
        corpus.valid_characters,
        Position(),
        DivergenceDetector.for_vocabulary(plan.network.vocabulary),
    )


def _encode(corpus: Corpus, name: str, tokenizer: Tokenizer) -> tuple[TokenIds, TokenIds]:
    """The token ids of the training and validation texts; raises RnnreplError for too few."""
    train = encode_texts(corpus.train, name, tokenizer, truncated=corpus.split is not None)
    valid = encode_texts(corpus.valid, name, tokenizer)
    check(train, valid, tokenizer.unk)
    return train, valid


def _circumstances(
    files: Sequence[Path], options: TrainOptions, config: RunConfig
) -> dict[str, Any]:
    """Command, versions and date for the card; files by name, without their folders."""
    words = replace(options, precision=config.precision_name).command_line(files)
    return {
        "command": shlex.join(Path(w).name if Path(w).is_absolute() else w for w in words),
        "versions": {
            "rnnrepl": rnnrepl.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        "seed": config.plan.seed,
        "device": str(config.device),
        "precision": config.precision_name,
        "date": date.today().isoformat(),
    }
