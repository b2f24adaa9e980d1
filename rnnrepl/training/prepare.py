"""Prepares a new run: its text, tokenizer, plan, model and folder."""

import platform
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rnnrepl
from rnnrepl import tokenizer
from rnnrepl.checkpoint import Card, hub
from rnnrepl.errors import usage
from rnnrepl.rnn.torch_network import choose_device
from rnnrepl.training import track
from rnnrepl.training.config import CorpusSource, RunConfig
from rnnrepl.training.data.corpus import title
from rnnrepl.training.data.spans import pieces
from rnnrepl.training.data.token_ids import train_tokenizer
from rnnrepl.training.data.turns import find_turns
from rnnrepl.training.finetune import BaseModel
from rnnrepl.training.job import Job, build_job, encode_corpus
from rnnrepl.training.options import TOKENIZER, TrainOptions
from rnnrepl.training.plan import Plan, choose
from rnnrepl.training.ranks import world_size
from rnnrepl.training.runs.folder import RunFolder, new_folder
from rnnrepl.training.step import memory
from rnnrepl.training.step.pace import measure
from rnnrepl.training.step.peer import MODEL
from rnnrepl.training.step.sampled_softmax import candidate_sampler
from rnnrepl.training.step.trainer import prefixes


def begin(files: Sequence[Path], options: TrainOptions) -> Job:
    """Prepares a new run; its folder then holds a whole, untrained model.

    Raises RnnreplError for a corpus, an option or a folder that cannot be used.
    """
    device = choose_device(options.device)
    base = BaseModel.from_options(options)
    name, chosen = base.tokenizer_options if base else _tokenizer_options(options)
    if options.out is not None:
        RunFolder(options.out).check_new()
    source = CorpusSource(tuple(files), options.valid, options.split, options.encoding).resolved()
    corpus = source.read()
    source = replace(source, split=corpus.split)
    trained = (
        base.extend_tokenizer(corpus.train) if base else train_tokenizer(corpus.train, name, chosen)
    )
    track.check(options.track, trained)
    ids = encode_corpus(corpus, name, trained)
    if options.epochs is not None and options.epochs * len(ids[0]) < 1:
        raise usage(f"`epochs` {options.epochs:g} is less than one token: give more epochs.")
    vocabulary = len(trained.tokens)
    network = base.network(vocabulary) if base else None

    def sizes(workers: int, throughput: float | None = None) -> Plan:
        plan = choose(
            options,
            trained.level,
            vocabulary,
            len(ids[0]),
            throughput,
            world_size=world_size(),
            workers=workers,
            network=network,
        )
        memory.check(plan, device)
        return plan

    sampler = candidate_sampler(ids[0], sizes(1), device)
    pace = measure(options, sizes, device, sampler)
    setup, plan = pace.setup, sizes(pace.setup.workers, pace.throughput)
    if base and plan.peers > 1 and not plan.dropout:
        raise usage(
            "Peers that begin with the same weights (`from_`) differ by their dropout alone: give "
            "`dropout` above 0, or leave out `peers`."
        )
    config = RunConfig(
        source=source,
        plan=plan,
        device=str(device),
        precision=setup.precision,
        tracked=options.track,
        workers=min(setup.workers, plan.batch),
        threads=setup.threads,
    )
    origin = corpus.to_dict() | _circumstances(files, options, config)
    if base:
        origin |= base.origin
    folder = RunFolder(options.out or new_folder(title(files), options.kind))
    counts = tuple(ids[0].counts(vocabulary).tolist())
    chat = find_turns(pieces(corpus.train), options.chat) or (
        base.checkpoint.card.chat if base else None
    )
    card = Card(plan.network, name, chosen, origin=origin, counts=counts, chat=chat)
    job = build_job(folder, config, card, trained, corpus, ids, sampler)
    arrays = job.trainer.arrays()
    if base:
        for prefix in prefixes(plan):
            weights = base.weights(vocabulary)
            arrays |= {prefix + MODEL + name: array for name, array in weights.items()}
        job.trainer.restore(arrays, 0)  # on all ranks
        job = replace(job, grown=base.event(trained))
    folder.create(card, trained, job.state(arrays))
    return job


def _tokenizer_options(options: TrainOptions) -> tuple[str, dict[str, Any]]:
    """The name of the tokenizer, and its options."""
    name = options.tokenizer or TOKENIZER
    return name, tokenizer.parse_options(tokenizer.find(name), options.tokenizer_option)


def _circumstances(
    files: Sequence[Path], options: TrainOptions, config: RunConfig
) -> dict[str, Any]:
    """Command, versions and date for the card; files by name, without their folders."""
    exact = replace(
        options,
        precision=config.precision,
        out=options.out and _name(options.out),
        valid=options.valid and _name(options.valid),
        from_=options.from_ and _base_name(options.from_),
    )
    if config.device == "cpu":
        exact = replace(exact, workers=config.workers, threads=config.threads)
    return {
        "command": shlex.join(exact.command_line(list(map(_name, files)))),
        "versions": {
            "rnnrepl": rnnrepl.__version__,
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
        },
        "seed": config.plan.seed,
        "device": config.device,
        "precision": config.precision,
        "date": date.today().isoformat(),
    }


def _name(path: Path) -> Path:
    return Path(path.name or path)


def _base_name(model: str) -> str:
    return model if model.startswith(hub.PREFIX) else str(_name(Path(model)))
