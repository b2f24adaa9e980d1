"""`load`: the model of the session, also that of a run that has just been started."""

from threading import Timer

import pytest

from rnnrepl.commands.load import load
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from rnnrepl.training.runs import registry
from tests import tiny


@pytest.mark.parametrize("suffix", ["", "@last"])
@pytest.mark.parametrize("out", [None, "new"])
def test_a_run_that_is_getting_ready_is_waited_for(
    run, session, tmp_path, monkeypatch, suffix, out
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "new" if out else paths.user_models() / "new"
    session.getting_ready.append(registry.name(path))

    def begin():
        tiny.write(path)
        session.getting_ready.clear()

    Timer(0.2, begin).start()
    if suffix:  # the run has no last weights yet, but it has begun
        with pytest.raises(RnnreplError, match=r"state\.safetensors"):
            run(load, model=f"new{suffix}")
    else:
        first, second, *_ = run(load, model="new")
        assert first.text == "new is getting ready ..."
        assert second.text.startswith("new: ")
    assert path.exists()


def test_another_model_is_loaded_at_once(run, session):
    session.getting_ready.append("new")
    (notice,) = run(load, model="tiny")
    assert notice.text.startswith("tiny: ")
