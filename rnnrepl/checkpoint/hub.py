"""Fetching models from the Hugging Face hub into its shared cache."""

from pathlib import Path

from rnnrepl.checkpoint.folder import CARD, TOKENIZER, WEIGHTS
from rnnrepl.errors import RnnreplError, not_installed, usage

PREFIX = "hf:"


def fetch(name: str) -> Path:
    """Downloads the model files of OWNER/NAME and returns their folder.

    It is the latest version, or the cached one if the hub cannot be reached. Raises RnnreplError if
    neither is available, if there is no such repository or it is not an rnnrepl model, and if
    huggingface_hub is not installed.
    """
    from logging import ERROR, getLogger  # slow to import

    try:
        from huggingface_hub import errors, hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ModuleNotFoundError as error:
        raise not_installed(f"'{PREFIX}{name}'", str(error.name), "hub") from error
    getLogger("huggingface_hub").setLevel(ERROR)  # its warnings repeat our errors
    disable_progress_bars()  # they would overwrite the prompt
    try:
        folder = Path(hf_hub_download(name, CARD)).parent  # named by the commit
        for file in (TOKENIZER, WEIGHTS):
            hf_hub_download(name, file, revision=folder.name)
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
        message = f"'{name}' on the hub is not an rnnrepl model: a file of a checkpoint is missing."
        raise RnnreplError(message) from error
    except errors.LocalEntryNotFoundError as error:
        message = f"The hub cannot be reached and '{name}' is not cached: try again with a network."
        raise RnnreplError(message) from error
    return folder


def owner_and_name(folder: Path) -> str:
    """Returns OWNER/NAME for a folder that `fetch` returned, "" for any other.

    The cache keeps a model in models--OWNER--NAME/snapshots/COMMIT.
    """
    repository = folder.parent.parent.name
    if folder.parent.name != "snapshots" or not repository.startswith("models--"):
        return ""
    return repository.removeprefix("models--").replace("--", "/")
