"""Fetching models, and checkpoints of other programs, from the Hugging Face hub into its cache."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rnnrepl.checkpoint.folder import TOKENIZER
from rnnrepl.errors import RnnreplError, not_installed, unknown, usage
from rnnrepl.files.model_folders import CARD, WEIGHTS

PREFIX = "hf:"
_MODELS: Final = (".safetensors", ".bin", ".pt", ".pth", ".pkl", ".h5", ".hdf5", ".keras", ".t7")
_BESIDE: Final = (".json", ".txt", ".pkl", ".pickle", ".npy", ".vocab")
# State of training that stands beside models, and vocabularies.
_NO_MODEL = re.compile(
    r"(^|/)(training_args|optimizer|scheduler|scaler|rng_state|random_states)|vocab|token|itos|stoi"
    r"|to_id|2id|to_ix|char_?map|(^|/)checkpoint-\d+/",
    re.IGNORECASE,
)
_SHOWN = 6  # files in a message


def fetch(name: str) -> Path | None:
    """Downloads the model files of OWNER/NAME and returns their folder.

    It is the latest version, or the cached one if the hub cannot be reached. Returns None where
    there is no model.json: the repository may hold a model of another program. Raises RnnreplError
    if there is no such repository, another file is missing, or huggingface_hub is not installed.
    """
    with _errors(name):
        from huggingface_hub import errors, hf_hub_download

        try:
            folder = Path(hf_hub_download(name, CARD)).parent  # named by the commit
        except (errors.RemoteEntryNotFoundError, errors.LocalEntryNotFoundError):
            return None
        for file in (TOKENIZER, WEIGHTS):
            hf_hub_download(name, file, revision=folder.name)
    return folder


@dataclass(frozen=True, slots=True)
class HubCheckpoint:
    """A checkpoint of another program on the hub: its repository at a commit, and its file."""

    repository: str
    commit: str
    file: str
    beside: tuple[str, ...]  # small files that may hold its vocabulary

    def download(self) -> Path:
        """Downloads the files and returns the path of the checkpoint in the cache.

        Raises RnnreplError as `fetch` does.
        """
        with _errors(self.repository):
            from huggingface_hub import hf_hub_download

            path = Path(hf_hub_download(self.repository, self.file))
            commit = path.parents[len(Path(self.file).parts) - 1].name
            for other in self.beside:
                hf_hub_download(self.repository, other, revision=commit)
        return path


def find_checkpoint(name: str) -> HubCheckpoint:
    """Finds the checkpoint of another program in a repository, without downloading it.

    `name` is OWNER/NAME, or OWNER/NAME/FILE where a repository has several models. Raises
    RnnreplError as `fetch` does, and where there is no checkpoint or several.
    """
    repository, file = "/".join(name.split("/")[:2]), "/".join(name.split("/")[2:])
    with _errors(repository):
        commit, files = _listed(repository)
    files = [path for path in files if _is_inside(path)]
    if file and file not in files:
        raise unknown("file", file, _models(files), listed=f"See the files of '{repository}'.")
    chosen = file or _only_model(repository, files)
    folder = Path(chosen).parent
    beside = [path for path in files if path.endswith(_BESIDE) and Path(path).parent == folder]
    return HubCheckpoint(repository, commit, chosen, tuple(beside))


def _is_inside(path: str) -> bool:
    """Whether a path stays in the folder of its repository; the client does not check all."""
    return not path.startswith("/") and ".." not in path.split("/")


def _listed(repository: str) -> tuple[str, list[str]]:
    """The commit of a repository and its files; those in the cache without a network."""
    from huggingface_hub import HfApi, errors, snapshot_download

    try:
        info = HfApi().model_info(repository)
    except (errors.HfHubHTTPError, errors.HFValidationError):
        raise
    except Exception:  # the client raises the errors of its HTTP library
        folder = Path(snapshot_download(repository, local_files_only=True))
        files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
        return folder.name, [path.as_posix() for path in files]
    return info.sha or "", [sibling.rfilename for sibling in info.siblings or ()]


def _models(files: Sequence[str]) -> list[str]:
    models = [path for path in sorted(files) if path.endswith(_MODELS)]
    return [path for path in models if not _NO_MODEL.search(path)]


def _only_model(repository: str, files: Sequence[str]) -> str:
    """The file of the model; of the same weights in two formats, the safer one."""
    models = _models(files)
    for twins in (("model.safetensors", "pytorch_model.bin"), ("model.safetensors", "model.bin")):
        if set(twins) <= set(models):
            models.remove(twins[1])
    if not models:
        raise RnnreplError(f"'{repository}' on the hub has no file of a model that can be read.")
    if len(models) > 1:
        raise usage(
            f"'{repository}' on the hub has {len(models)} files of models "
            f"({', '.join(models[:_SHOWN])}): give {PREFIX}{repository}/FILE."
        )
    return models[0]


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """Raises the errors of the hub's client as RnnreplError, one sentence each."""
    from logging import ERROR  # slow to import

    try:
        from huggingface_hub import errors
        from huggingface_hub.utils import logging
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ModuleNotFoundError as error:
        raise not_installed(f"'{PREFIX}{name}'", str(error.name), "hub") from error
    logging.set_verbosity(ERROR)  # its warnings repeat our errors
    disable_progress_bars()  # they would overwrite the prompt
    try:
        yield
    except errors.HFValidationError as error:
        raise usage(f"'{PREFIX}{name}' is not a hub model: give {PREFIX}OWNER/NAME.") from error
    except errors.GatedRepoError as error:
        message = f"'{name}' is gated: request access on its hub page, then run 'hf auth login'."
        raise RnnreplError(message) from error
    except errors.RepositoryNotFoundError as error:
        message = (
            f"The hub has no '{name}', or it is private: check the name or run 'hf auth login'."
        )
        raise RnnreplError(message) from error
    except errors.RemoteEntryNotFoundError as error:
        message = (
            f"'{name}' on the hub is incomplete: it has {CARD}, but another file of the model is "
            "missing."
        )
        raise RnnreplError(message) from error
    except errors.LocalEntryNotFoundError as error:
        message = f"The hub cannot be reached and '{name}' is not cached: try again with a network."
        raise RnnreplError(message) from error


def snapshot(cache: Path, name: str, commit: str) -> Path:
    """Returns the folder of a version of a repository, or of a file in it, in a cache."""
    return cache / f"models--{name.replace('/', '--')}" / "snapshots" / commit


def owner_and_name(folder: Path) -> str:
    """Returns the name of a model for its folder in a cache of the hub, "" for any other folder.

    The name is OWNER/NAME, with /FILE if one of several was named; the folder is a `snapshot`.
    """
    repository = folder.parent.parent.name
    if folder.parent.name != "snapshots" or not repository.startswith("models--"):
        return ""
    return repository.removeprefix("models--").replace("--", "/")
