"""What a generation request accepts, and what its settings record."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.generation.request import GenerationRequest
from rnnrepl.sampling import Sampling
from tests import tiny


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": -1}, "`length` must be at least 0, not -1"),
        ({"stop": ("",)}, "`stop` must not be empty"),
        ({"stop": "no"}, r"`stop` must be a list of texts, not one text: put it in \[ \]"),
        ({"match": "("}, "match"),
    ],
)
def test_what_cannot_be_generated_is_refused(options, message):
    with pytest.raises(RnnreplError, match=message):
        GenerationRequest(**options)


@pytest.mark.parametrize("name", ["ban", "bias", "dry_breakers"])
def test_one_text_in_the_place_of_a_list_is_not_taken_for_its_letters(name):
    with pytest.raises(RnnreplError, match=f"`{name}` must be a list of texts"):
        Sampling(**{name: "the"})


@pytest.mark.parametrize("way", ["stream", "samples", "beam"])
def test_the_settings_record_the_clamps_of_the_model_that_generates(tmp_path, way):
    model = tiny.model(tmp_path / "m")
    request = GenerationRequest("the", 3, clamp=("0:1=9",))
    for clamps in ((), ("1:2=3",)):
        clamped = model.clamped(clamps)
        sample = {
            "stream": lambda m: m.stream(request).finish(),
            "samples": lambda m: next(m.samples(request, count=1)),
            "beam": lambda m: m.beam(request, width=1)[0],
        }[way](clamped)
        assert sample.settings.get("clamp", []) == list(clamps)
