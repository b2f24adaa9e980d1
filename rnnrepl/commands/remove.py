"""`remove`: removes a model or a run from the disk."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.errors import RnnreplError, usage
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def remove(
    session: Session,
    name: Annotated[str, "name or path of the model or run", Kind.OWN],
    *,
    yes: Annotated[bool, "do not ask"] = False,
) -> Iterator[Notice]:
    """Remove a model or a run from the disk.

    It asks first. Shipped models, runs in progress and the model of the prompt are not removed; of
    a symbolic link only the link is. Models that were fine-tuned from it stay as they are.

    Examples:
        remove small --yes
    """
    from rnnrepl.files.model_folders import size
    from rnnrepl.render.numbers import file_size
    from rnnrepl.training.runs import tidying

    path = tidying.find(name)
    if session.has_open(path):
        raise RnnreplError(f"{name} is the model of this prompt: `:load` another one first.")
    what = "the link" if path.is_symlink() else file_size(size(path))
    made = list(tidying.derived(path))
    stays = f"; {', '.join(made)}, made from it, will stay" if made else ""
    if not yes:
        if session.confirm is None:
            raise usage(f"remove asks at a terminal only: `yes` removes {path} ({what}).")
        if not session.confirm(f"Remove {path} ({what}){stays}?"):
            yield Notice("Nothing was removed.")
            return
        path = tidying.find(name)  # again: a run may have been resumed in the meantime
    setting = session.configured(path)
    tidying.remove(path)
    yield Notice(f"{path} is removed ({what}).")
    if setting:
        yield Notice(f"{setting} still names it: delete its line `model = ...`.")
