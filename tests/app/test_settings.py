"""Settings: origin of values, presets, illegal values."""

from dataclasses import fields

import pytest

from rnnrepl import commands
from rnnrepl.app.settings import PRESETS, Settings
from rnnrepl.commands.gen import gen
from rnnrepl.errors import RnnreplError
from rnnrepl.sampling import Sampling


@pytest.fixture
def settings():
    return Settings(commands.settable())


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.toml"


def test_the_settings_are_the_marked_options_of_all_commands(settings):
    names = {setting.name for setting in settings}
    sampling = {field.name for field in fields(Sampling)}
    cache = {"cache", "cache_window", "cache_theta", "cache_lambda"}
    adapt = {"adapt", "adapt_rate", "adapt_decay", "adapt_segment"}
    others = {"length", "seed", "match", "unit", "top", "device", "heat", "show"}
    others |= {"color", "clamp", "model", "turn"}
    assert sampling | cache | adapt | others == names
    marked = (p for command in commands.every() for p in command.parameters if p.setting)
    assert {parameter.name for parameter in marked} == names


def test_commands_are_read_on_demand():
    asked = []
    settings = Settings(asked.append(name) or commands.find(name) for name in ("score", "gen"))
    assert not asked
    assert settings["unit"] == "bits" and asked == ["score"]
    assert settings["temperature"] == 0.8 and asked == ["score", "gen"]


def test_a_setting_has_the_default_of_its_option(settings):
    assert settings["temperature"] == 0.8
    assert settings.setting("temperature").origin == "default"


def test_command_line_overrides_set_overrides_file(settings, file):
    file.write_text("temperature = 0.5\nlength = 7\nunit = 'nats'\n")
    settings.read(file)
    settings.set("length", "9")
    assert settings.setting("temperature").origin == str(file)
    assert settings.setting("length").origin == ":set"
    values = settings.complete(gen, {"temperature": 0.1})
    assert (values["temperature"], values["length"], values["top_p"]) == (0.1, 9, 1.0)


def test_the_value_default_restores_the_default(settings, file):
    file.write_text("length = 7")
    settings.read(file)
    settings.set("length", "default")
    assert (settings["length"], settings.setting("length").origin) == (200, "default")


def test_a_name_may_have_dashes(settings, file):
    settings.set("top-k", "5")
    assert settings["top_k"] == settings["top-k"] == 5
    file.write_text("min-p = 0.1")
    settings.read(file)
    assert settings["min_p"] == 0.1


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("on", True), ("False", False)])
def test_a_switch_takes_yes_and_no(settings, text, value):
    settings.set("allow_unk", text)
    assert settings["allow_unk"] is value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("temprature", "1", "There is no setting 'temprature'. Did you mean 'temperature'?"),
        ("temperature", "hot", "temperature takes a number, not 'hot'."),
        ("unit", "bit", "unit must be bits, nats or log10, not 'bit'. Did you mean 'bits'?"),
        ("allow_unk", "perhaps", "allow_unk takes yes or no, not 'perhaps'."),
        ("top", "k", "top takes a whole number, not 'k'."),
        ("temperature", "-1", "temperature must be at least 0, not -1.0."),
        ("temperature", "nan", "temperature must be at least 0, not nan."),
        ("seed", "-4", "seed must be at least 0, not -4."),
        ("length", "-1", "length must be at least 0, not -1."),
        ("top", "-1", "top must be at least 0, not -1."),
        ("device", "bogus", "device must be auto, cpu, cuda, mps or xpu, not 'bogus'."),
        ("order", "top_q", "There is no sampler 'top_q'. Did you mean 'top_p'?"),
        ("bias", "x", "bias must be TOKEN=NUMBER, not"),
        ("count", "3", "There is no setting 'count'."),
    ],
)
def test_an_illegal_value_is_an_error_and_changes_nothing(settings, name, text, message):
    before = list(settings)
    with pytest.raises(RnnreplError) as caught:
        settings.set(name, text)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 2
    assert list(settings) == before


def test_a_repeatable_setting_takes_a_value_at_the_prompt_and_a_list_in_the_file(settings, file):
    settings.set("ban", "x")
    assert settings["ban"] == ("x",)
    file.write_text("bias = ['a=1', 'b=2']")
    settings.read(file)
    assert settings["bias"] == ("a=1", "b=2")


def test_a_missing_file_changes_nothing(settings, file):
    settings.read(file)
    assert {setting.origin for setting in settings} == {"default"}


def test_a_byte_order_mark_is_skipped(settings, file):
    file.write_bytes(b"\xef\xbb\xbftemperature = 0.5\n")
    settings.read(file)
    assert settings["temperature"] == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("temprature = 1", "There is no setting 'temprature'. Did you mean 'temperature'?"),
        ("temperature = 'hot'", "temperature takes a number, not 'hot'."),
        ("temperature = true", "temperature takes a number, not 'True'."),
        ("length = 1.5", "length takes a whole number, not '1.5'."),
        ("allow_unk = 1", "allow_unk takes true or false, not '1'."),
        ("device = 1", "device takes text in quotes, not '1'."),
        ("ban = 'x'", "ban takes a list, not 'x'."),
        ("ban = ['x', 1]", "ban takes text in quotes, not '1'."),
        ("unit = 'bit'", "unit must be bits, nats or log10, not 'bit'."),
        ("unit = ['bits']", "unit takes text in quotes, not a list."),
        ("temperature = -1", "temperature must be at least 0, not -1."),
        ("temperature = nan", "temperature must be at least 0, not nan."),
        ("seed = -4", "seed must be at least 0, not -4."),
        ("device = 'bogus'", "device must be auto, cpu, cuda, mps or xpu, not 'bogus'."),
        ("bias = ['x']", "bias must be TOKEN=NUMBER, not"),
        ("top-k = 3\ntop_k = 5", "top_k is set twice."),
        ("[gen]\nlength = 3", "There is no setting 'gen'."),
        ("temperature", "cannot be read"),
        ("\x00", "cannot be read"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("temperature = 1e46", "temperature must be at most 10,000, not 1e+46."),
        (f"temperature = 1{'0' * 400}", "temperature must be at most 10,000."),
        (f"length = 0x{'f' * 20_000}", "length must be at most 1,000,000,000."),
        (f"color = 0x{'f' * 20_000}", "color takes text in quotes, not a number of that size."),
        ("preset = 1", "preset takes the name of a preset in quotes, not '1'."),
        ("preset = ['greedy']", "preset takes the name of a preset in quotes, not a list."),
    ],
    ids=lambda value: value[:40],
)
def test_an_error_in_the_file_names_the_file(settings, file, text, message):
    file.write_text(text)
    before = list(settings)
    (notice,) = settings.read(file)
    assert message in notice.text and notice.text.startswith(f"{file}: ")
    assert "ignored" in notice.text
    assert [s for s in settings if s.name != "top_k"] == [s for s in before if s.name != "top_k"]


def test_an_error_in_the_file_leaves_its_other_values(settings, file):
    file.write_text(f"temperature = 'x'\nlength = 9\nseed = -1\n{STORM}\n[presets.x]\ntop = 'x'")
    notices = settings.read(file)
    assert [s.name for s in settings if s.origin != "default"] == ["length"]
    assert len(notices) == 3
    for key, notice in zip(("top ", "temperature ", "seed "), notices, strict=True):
        assert f"{file}: {key}" in notice.text
    assert settings.preset("storm") and settings["temperature"] == 0.8


def test_no_value_changes_if_one_of_several_is_refused(settings):
    settings.set("length", "7")
    with pytest.raises(RnnreplError), settings.kept_on_error():
        settings.set("length", "9")
        settings.set("temperature", "hot")
    assert settings["length"] == 7 and settings.changed == {"length"}


@pytest.mark.parametrize("device", ["cpu", "cuda", "cuda:1", "auto"])
def test_a_device_may_have_an_index(settings, device):
    settings.set("device", device)
    assert settings["device"] == device


def test_a_file_that_is_not_utf_8_is_an_error(settings, file):
    file.write_bytes(b"device = '\xff'")
    (notice,) = settings.read(file)
    assert f"{file}: It cannot be read" in notice.text


def test_an_integer_in_the_file_is_converted_to_float(settings, file):
    file.write_text("temperature = 1")
    settings.read(file)
    assert settings["temperature"] == 1.0 and isinstance(settings["temperature"], float)


STORM = "[presets.storm]\ntemperature = 1.3\nlength = 50\n"


def test_a_preset_sets_only_its_values(settings, file):
    file.write_text("top_k = 3\n" + STORM)
    settings.read(file)
    assert settings["temperature"] == 0.8
    assert [setting.name for setting in settings.choose("storm")] == ["temperature", "length"]
    assert [settings[name] for name in ("temperature", "length", "top_k")] == [1.3, 50, 3]
    assert settings.setting("length").origin == "preset storm"


def test_values_in_the_file_override_its_preset(settings, file):
    file.write_text(f"preset = 'storm'\nlength = 9\n{STORM}")
    settings.read(file)
    assert (settings["temperature"], settings["length"]) == (1.3, 9)


def test_a_preset_option_overrides_set_but_not_other_options(settings):
    settings.set("temperature", "0.5")
    values = settings.complete(gen, {"preset": "nucleus", "top_p": 0.7})
    assert (values["temperature"], values["top_p"]) == (1.0, 0.7)
    assert settings["temperature"] == 0.5


@pytest.mark.parametrize("name", PRESETS)
def test_built_in_presets_are_legal(settings, name):
    settings.choose(name)
    values = settings.complete(gen, {})
    assert Sampling(**{field.name: values[field.name] for field in fields(Sampling)})


def test_presets_are_listed_with_their_values(settings, file):
    file.write_text(STORM)
    settings.read(file)
    listed = {preset.name: (preset.value, preset.origin) for preset in settings.presets}
    assert listed["storm"] == ("temperature=1.3, length=50", "config.toml")
    assert listed["greedy"][1] == "built in"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("preset = 'strom'\n" + STORM, "There is no preset 'strom'. Did you mean 'storm'?"),
        ("[presets.storm]\ntemperature = 'hot'", "temperature takes a number, not 'hot'."),
        ("[presets]\nstorm = 1", "presets.storm must be a table, as in [presets.storm], not '1'."),
        ("presets = 1", "presets must be a table"),
    ],
)
def test_an_error_in_a_preset_names_the_file(settings, file, text, message):
    file.write_text(text)
    (notice,) = settings.read(file)
    assert message in notice.text and str(file) in notice.text


def test_a_file_of_many_illegal_values_has_few_notices(settings, file):
    file.write_text("\n".join(f"unknown{k} = 1" for k in range(5000)))
    notices = settings.read(file)
    assert len(notices) == 11 and "the values after these are ignored" in notices[-1].text
