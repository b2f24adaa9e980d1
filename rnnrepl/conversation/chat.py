"""A chat from Python: what is said is answered by a model, as another speaker."""

from typing import TYPE_CHECKING

from rnnrepl.conversation.dialogue import Dialogue
from rnnrepl.conversation.tree import Conversation
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.results.samples import Sample
from rnnrepl.sampling import Sampling

if TYPE_CHECKING:
    from rnnrepl.model import Model


class Chat:
    """A conversation in turns with a model.

        chat = rnnrepl.Chat(rnnrepl.load("shakespeare-char"), "ROMEO", "JULIET")
        print(chat.say("Good night.").text)

    `turn` is the form of a turn, such as r"{name}: {text}\\n", by default that of the model;
    `length` limits a turn, in tokens. Raises RnnreplError for an invalid form, without one, and
    unless there are two speakers.
    """

    def __init__(
        self,
        model: "Model",
        speaker: str,
        partner: str,
        *,
        turn: str = "",
        length: int = 500,
        sampling: Sampling | None = None,
    ) -> None:
        self.conversation = Conversation()
        self._model = model
        self._dialogue = Dialogue.begin(model, (speaker, partner), turn)
        self._request = GenerationRequest(length=length, sampling=sampling or Sampling())

    @property
    def text(self) -> str:
        """All turns so far, as the model has read them."""
        return self.conversation.text

    def say(self, text: str = "", *, seed: int | None = None) -> Sample:
        """Says a text as the first speaker, and returns the answer of the second.

        Without a text the second speaker goes on. Raises RnnreplError if the tokenizer refuses the
        text.
        """
        if text:
            list(self._dialogue.say(self._model, self.conversation, text))
        records = self._dialogue.answer(self._model, self.conversation, self._request, seed=seed)
        return next(record for record in records if isinstance(record, Sample))
