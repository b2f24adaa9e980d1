"""Models of the Hugging Face hub, fetched into the cache that all programs share."""

from pathlib import Path

from rnnrepl.checkpoint.folder import CARD, TOKENIZER, WEIGHTS
from rnnrepl.errors import RnnreplError, usage

PREFIX = "hf:"


def fetch(name: str) -> Path:
    """The folder of the model that the hub calls OWNER/NAME, with the files of a model only.

    It is the newest there is, or what the cache has where the hub cannot be reached. Raises
    RnnreplError, one sentence, where that is nothing, where there is no such repository or it holds
    no model of ours, and where huggingface_hub is not installed.
    """
    from logging import ERROR, getLogger  # only now: every start would pay for it

    try:
        from huggingface_hub import errors, hf_hub_download
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ModuleNotFoundError as error:
        raise RnnreplError(
            f"'{PREFIX}' needs {error.name}, which is not installed: pip install 'rnnrepl[hub]'."
        ) from error
    getLogger("huggingface_hub").setLevel(ERROR)  # its warnings would stand beside our sentence
    disable_progress_bars()  # and its bars over the prompt
    try:
        folder = Path(hf_hub_download(name, CARD)).parent  # named by the commit
        for file in (TOKENIZER, WEIGHTS):
            hf_hub_download(name, file, revision=folder.name)
    except errors.HFValidationError as error:
        raise usage(
            f"'{PREFIX}{name}' is not {PREFIX}OWNER/NAME, as the hub names models."
        ) from error
    except errors.GatedRepoError as error:
        message = f"'{name}' is gated: ask for access on its page of the hub, then 'hf auth login'."
        raise RnnreplError(message) from error
    except errors.RepositoryNotFoundError as error:
        message = f"The hub has no '{name}', or none for you: check the name, or 'hf auth login'."
        raise RnnreplError(message) from error
    except errors.RemoteEntryNotFoundError as error:
        message = (
            f"'{name}' on the hub is no rnnrepl model: it lacks a file of those that make one."
        )
        raise RnnreplError(message) from error
    except errors.LocalEntryNotFoundError as error:
        message = f"The hub cannot be reached and has not been asked for '{name}' before."
        raise RnnreplError(f"{message[:-1]}: try again with a network.") from error
    return folder


def owner_and_name(folder: Path) -> str:
    """OWNER/NAME for a folder that `fetch` gave, empty for any other.

    The cache keeps a model in models--OWNER--NAME/snapshots/COMMIT.
    """
    repository = folder.parent.parent.name
    if folder.parent.name != "snapshots" or not repository.startswith("models--"):
        return ""
    return repository.removeprefix("models--").replace("--", "/")
