"""`save`, `open` and `export`: the conversation to a file, and back."""

import pytest

from rnnrepl.commands.export import export
from rnnrepl.commands.gen import gen
from rnnrepl.commands.load import load
from rnnrepl.commands.open import open
from rnnrepl.commands.reset import reset
from rnnrepl.commands.save import save
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from tests import tiny


@pytest.fixture(autouse=True)
def text(run, prompt, tmp_path):
    """The text of a conversation that is saved in a file."""
    prompt.settings.set("temperature", "0.5")
    prompt.settings.set("bias", "t=1")
    prompt.settings.set("color", "never")
    run(gen, prompt="the cat", length=10, seed=1)
    assert run(save, file=tmp_path / "saved")[0].text == f"2 pieces saved to {tmp_path}/saved."
    return prompt.conversation.text


def test_a_conversation_goes_on_where_it_was_saved(run, prompt, text, tmp_path):
    context = prompt.context
    run(reset)
    (notice,) = run(open, file=tmp_path / "saved")
    assert notice.text == f"Node 2, 17 tokens: {text}"
    assert prompt.context.state == pytest.approx(context.state, abs=1e-5)


def test_its_settings_come_back_but_not_those_of_the_machine(run, prompt, tmp_path):
    for name in ("temperature", "bias", "color"):
        prompt.settings.set(name, "default")
    run(open, file=tmp_path / "saved")
    setting = prompt.settings.setting("temperature")
    assert (setting.value, setting.origin) == (0.5, str(tmp_path / "saved"))
    assert prompt.settings["bias"] == ("t=1",)
    assert prompt.settings["color"] == "auto"


def test_another_model_measures_it_anew_and_says_so(run, prompt, text, tmp_path):
    tiny.write(paths.user_models() / "words", "word")
    run(load, model="words")
    told, place = run(open, file=tmp_path / "saved")
    unknown = sum(t.id == prompt.model.tokenizer.unk for n in prompt.conversation for t in n.tokens)
    assert unknown
    assert told.text == (
        "Saved with tiny, now scored with words; "
        f"{unknown} of {prompt.conversation.at.read} tokens is unknown."
    )
    assert place.text.endswith(text) and prompt.conversation.text == text


def test_a_model_that_knows_all_of_it_is_told_without_a_number(run, prompt, tmp_path):
    tiny.write(paths.user_models() / "other", seed=1)
    run(load, model="other")
    told, _ = run(open, file=tmp_path / "saved")
    assert told.text == "Saved with tiny, now scored with other."


def test_what_cannot_be_opened_leaves_the_session_as_it_was(run, prompt, tmp_path):
    conversation = prompt.conversation
    (tmp_path / "broken").write_text("{")
    with pytest.raises(RnnreplError, match="is not a complete conversation"):
        run(open, file=tmp_path / "broken")
    wrong = (tmp_path / "saved").read_text().replace('"temperature": 0.5', '"temprature": 0.5', 1)
    (tmp_path / "wrong").write_text(wrong)
    with pytest.raises(RnnreplError, match="Did you mean 'temperature'"):
        run(open, file=tmp_path / "wrong")
    assert prompt.conversation is conversation and prompt.settings["temperature"] == 0.5


def test_a_file_is_not_written_over_unless_told(run, tmp_path):
    for entry in (save, export):
        with pytest.raises(RnnreplError, match="--replace"):
            run(entry, file=tmp_path / "saved")
        run(entry, file=tmp_path / "saved", replace=True)


def test_export_writes_the_visible_branch(run, text, tmp_path):
    run(export, file=tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == text
    run(export, file=tmp_path / "out.md")
    assert (tmp_path / "out.md").read_text().startswith("# A conversation with tiny\n\n<b>the cat")


def test_a_conversation_is_saved_and_opened_when_the_folder_of_its_model_has_gone(
    run, prompt, text, tmp_path
):
    folder = prompt.model.path
    folder.rename(tmp_path / "elsewhere")
    (notice,) = run(save, file=tmp_path / "later")
    assert notice.text.endswith("are gone, so :open will score the text again.")
    run(reset)
    notices = run(open, file=tmp_path / "later")
    assert notices[-1].text == f"Node 2, 17 tokens: {text}"
