"""`models`: lists the models."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rnnrepl.app.session import Session
from rnnrepl.grammar import command
from rnnrepl.results.session import Notice

if TYPE_CHECKING:
    from rnnrepl.results.models import ModelInfo


@command(formats=("table", "json"))
def models(session: Session) -> "Iterable[ModelInfo | Notice]":
    """List the models: the shipped ones, then your own.

    Examples:
        models
        models --format json
    """
    from rnnrepl.checkpoint.registry import models

    return models() or [Notice("There are no models yet: `rnnrepl train` trains one.")]
