from pathlib import Path

from rnnrepl.files import paths

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_uses_the_folders_next_to_the_package():
    assert paths.shipped_plugins() == ROOT / "plugins"
    assert paths.shipped_models() == ROOT / "checkpoints"


def test_one_variable_moves_all_folders_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("RNNREPL_HOME", str(tmp_path))
    assert paths.user_config() == tmp_path / "config"
    assert paths.user_state() == tmp_path / "state"
    assert paths.user_models() == tmp_path / "data" / "models"
    assert paths.user_plugins() == tmp_path / "config" / "plugins"


def test_the_plugin_folder_has_a_variable_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("RNNREPL_PLUGINS", str(tmp_path))
    assert paths.user_plugins() == tmp_path


def test_without_a_variable_the_folders_are_those_of_the_platform(monkeypatch):
    import platformdirs

    monkeypatch.delenv("RNNREPL_HOME")
    assert paths.user_config() == platformdirs.user_config_path("rnnrepl", appauthor=False)
    assert paths.user_state() == platformdirs.user_state_path("rnnrepl", appauthor=False)
