"""`rename`: gives a model or a run another name."""

from collections.abc import Iterator
from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def rename(
    session: Session,
    name: Annotated[str, "name or path of the model or run", Kind.OWN],
    new: Annotated[str, "new name, in the same folder"],
) -> Iterator[Notice]:
    """Give a model or a run another name.

    Shipped models and runs in progress keep theirs. At the prompt the conversation with the model
    goes on.

    Examples:
        rename small novel
        rename small "my novel"
    """
    from json import dumps  # quotes like TOML

    from rnnrepl.files import model_folders, paths
    from rnnrepl.training.runs import tidying

    path = tidying.find(name)
    is_open, setting = session.has_open(path), session.configured(path)
    target = tidying.rename(path, new)
    listed = target.parent == paths.user_models()
    known = model_folders.name(target) if listed else str(target)
    if is_open:
        session.renamed(known)
    yield Notice(f"{path} is now {target}.")
    if setting:
        yield Notice(f"{setting} still has the old name: change it to `model = {dumps(known)}`.")
