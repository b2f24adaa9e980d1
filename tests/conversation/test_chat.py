"""A chat from Python."""

import rnnrepl
from rnnrepl.results.turns import TurnTemplate
from rnnrepl.sampling import Sampling
from tests import tiny


def test_what_is_said_is_answered(tmp_path):
    template = TurnTemplate("{name}: {text}\n", ("CAT", "DOG"))
    model = tiny.model(tmp_path / "talk", text="CAT: the mat\nDOG: sat\n", chat=template)
    chat = rnnrepl.Chat(model, "CAT", "DOG", sampling=Sampling(bias=("\n=2",)))
    answer = chat.say("the mat", seed=1)
    assert chat.text == f"CAT: the mat\nDOG: {answer.text}\n"
    more = chat.say(seed=2)
    assert chat.text.endswith(f"\nDOG: {more.text}\n")
