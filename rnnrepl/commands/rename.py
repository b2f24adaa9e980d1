"""`rename`: gives a model or a run another name."""

from typing import Annotated

from rnnrepl.app.session import Session
from rnnrepl.grammar import Kind, command
from rnnrepl.results.session import Notice


@command()
def rename(
    session: Session,
    name: Annotated[str, "name or path of the model or run", Kind.MODEL],
    new: Annotated[str, "new name, in the same folder"],
) -> Notice:
    """Give a model or a run another name.

    Shipped models and runs in progress keep theirs. At the prompt the conversation with the model
    goes on.

    Examples:
        rename small novel
        rename small "my novel"
    """
    from rnnrepl.training.runs import registry, tidying

    path = tidying.find(name)
    is_open = session.has_open(path)
    target = tidying.rename(path, new)
    if is_open:
        session.renamed(registry.name(target))
    return Notice(f"{path} is now {target}.")
