"""Finding a model by name, on this machine or on the hub, where it may be of another program."""

from contextlib import suppress
from pathlib import Path

from rnnrepl import __version__
from rnnrepl.checkpoint import CARD, hub, registry
from rnnrepl.checkpoint.registry import AT_LAST
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.files.progress import Progress, report


def model_folder(name: str) -> tuple[Path, bool]:
    """Returns the folder of a model given by name or path, and whether its last weights are meant.

    `hf:OWNER/NAME` is fetched from the hub. A checkpoint of another program there is imported into
    the cache, once for each version of it; `hf:OWNER/NAME/FILE` is one of several. Raises
    RnnreplError if there is no such model, and as `importers.read` does.
    """
    plain = name.removesuffix(AT_LAST)
    if not plain.startswith(hub.PREFIX):
        return registry.resolve(name)
    plain = plain.removeprefix(hub.PREFIX)
    own = hub.fetch(plain) if plain.count("/") < 2 else None
    return own or _imported(plain), name.endswith(AT_LAST)


def _imported(name: str) -> Path:
    """The folder in the cache with the model of a repository of another program."""
    checkpoint = hub.find_checkpoint(name)
    cache = paths.user_cache() / "imported" / __version__
    folder = hub.snapshot(cache, name, checkpoint.commit)
    if (folder / CARD).exists():
        return folder
    from rnnrepl import importers  # slow to import

    report(Progress(0, task=f"importing {hub.PREFIX}{name}"))
    file = importers.CheckpointFile(checkpoint.download())
    try:
        importers.read(file).write(folder, file.origin())
    except RnnreplError:
        with suppress(OSError):
            if (folder / CARD).exists():  # another process was faster
                return folder
        raise
    return folder
