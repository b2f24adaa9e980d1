"""Names of hidden units, and clamps as they are typed."""

import numpy as np
import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.inspection.units import HiddenUnit, clamp_array, parse_clamp
from rnnrepl.rnn.config import NetworkConfig

LSTM = NetworkConfig(vocabulary=3, embed=2, hidden=(4, 3))
GRU = NetworkConfig(vocabulary=3, embed=2, hidden=(4, 3), cell="gru")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("1:203", HiddenUnit(1, 203)),
        ("1:203.h", HiddenUnit(1, 203, "h")),
        ("0:7.c", HiddenUnit(0, 7, "c")),
    ],
)
def test_a_unit_is_read_as_it_is_typed(text, unit):
    assert HiddenUnit.parse(text) == unit
    assert str(unit) == text.removesuffix(".h")


@pytest.mark.parametrize("text", ["", "1", "1:", ":2", "a:2", "-1:2", "1:2.o", "1:2=1", "1:२"])
def test_any_other_text_is_no_unit(text):
    with pytest.raises(RnnreplError, match="A unit is given as LAYER:UNIT"):
        HiddenUnit.parse(text)


def test_a_clamp_is_a_unit_and_a_value():
    assert parse_clamp("1:203=-0.5") == (HiddenUnit(1, 203), -0.5)
    assert parse_clamp("1:203.c=2e1") == (HiddenUnit(1, 203, "c"), 20.0)


@pytest.mark.parametrize("text", ["1:203", "1:203=", "1:203=x", "1:203=nan", "1:203=inf"])
def test_a_clamp_needs_a_finite_value(text):
    with pytest.raises(RnnreplError, match="A clamp is given as LAYER:UNIT=VALUE"):
        parse_clamp(text)


@pytest.mark.parametrize(("value", "bound"), [("1e39", "at most 1,000"), ("-1e7", "at least -1,")])
def test_a_clamp_beyond_what_float32_can_square_is_refused(value, bound):
    with pytest.raises(RnnreplError, match=f"The value of a clamp must be {bound}"):
        parse_clamp(f"1:203={value}")


def test_clamps_have_their_places_in_the_flat_state_and_the_last_one_counts():
    clamps = map(parse_clamp, ["1:2=1", "0:1.c=5", "1:2=2"])
    values = clamp_array(clamps, LSTM)
    assert values.shape == (14,)
    assert values[6] == 2 and values[8] == 5
    assert np.isnan(np.delete(values, [6, 8])).all()


@pytest.mark.parametrize(
    ("text", "config", "message"),
    [
        ("2:0", LSTM, "There is no layer 2: layers are numbered from 0 to 1."),
        ("1:3", LSTM, "Layer 1 has no unit 3: units are numbered from 0 to 2."),
        ("1:2.c", GRU, "A network of GRU layers has no c: leave out .c, as in 1:2."),
    ],
)
def test_a_unit_that_the_network_does_not_have_is_an_error(text, config, message):
    with pytest.raises(RnnreplError) as error:
        HiddenUnit.parse(text).index(config)
    assert str(error.value) == message
