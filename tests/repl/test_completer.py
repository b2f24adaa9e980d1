import subprocess
import sys

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from rnnrepl import commands
from rnnrepl.conversation.turns import read
from rnnrepl.files import paths
from rnnrepl.grammar.parser import parse_line
from rnnrepl.repl.completer import LineCompleter
from rnnrepl.results.turns import TurnTemplate
from tests import tiny


@pytest.fixture
def complete(session):
    def complete(line):
        completions = LineCompleter(session).get_completions(Document(line), CompleteEvent())
        return [line[: len(line) + each.start_position] + each.text for each in completions]

    return complete


def test_commands_are_completed_with_their_summaries(complete, session):
    assert complete(":to") == [":tokenizers", ":tokenize", ":tour"]
    (completion,) = LineCompleter(session).get_completions(Document(":sco"), CompleteEvent())
    assert completion.display_meta_text == commands.find("score").summary


def test_text_for_the_model_is_not_completed(complete):
    assert complete("to be or --") == complete("") == []


def test_options_are_completed_once_each(complete):
    assert complete(":score --no-e") == [":score --no-eos"]
    assert complete(":score --no-eos --no-e") == []
    assert len(complete(":gen --stop x --st")) == 1  # may be repeated


def test_the_values_of_an_option_are_completed(complete):
    assert complete(":score --unit n") == [":score --unit nats"]
    assert complete(":score --format ") == [
        f":score --format {name}" for name in commands.find("score").formats
    ]
    assert complete(":eval f --encoding cp9") == [f":eval f --encoding cp9{n}" for n in (49, 32)]
    assert complete(":score --device c") == [":score --device cpu", ":score --device cuda"]


def test_units_signals_and_clamps_are_completed(complete):
    assert complete(":ablate book.txt --unit 1:3") == [":ablate book.txt --unit 1:3"]
    assert complete(":ablate book.txt --unit 1:3.") == [":ablate book.txt --unit 1:3.c"]
    assert complete(":gen --clamp 0:2.") == [":gen --clamp 0:2.c="]
    assert ":activations --signal f" in complete(":activations --signal ")


def test_units_are_those_of_the_model_on_the_line(complete):
    tiny.write(paths.user_models() / "wide", hidden=(3, 3, 12))
    assert complete(":ablate --model wide --unit 2:1") == [
        f":ablate --model wide --unit 2:{unit}" for unit in (1, 10, 11)
    ]
    assert complete(":ablate --model=wide --unit 2:11") == [":ablate --model=wide --unit 2:11"]
    assert complete(":ablate --model nothing --unit 2") == complete(":ablate --unit 2") == []


def test_runs_are_completed_where_one_is_resumed_watched_or_stopped(complete, home):
    for name in ("first", "second"):
        log = paths.user_models() / name / "training" / "events.jsonl"
        log.parent.mkdir(parents=True)
        log.touch()
    for command in (":watch", ":stop", ":plot", ":train --resume"):
        assert complete(f"{command} se") == [f"{command} second"]


def test_models_before_the_text_of_compare_are_completed(complete):
    assert complete(":compare ti") == [":compare tiny"]
    assert complete(":compare tiny w") == [":compare tiny words"]
    assert complete(":compare tiny the w") == []


def test_models_in_one_file_and_of_classes_are_completed(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.safetensors").touch()
    (tmp_path / "one.txt").touch()
    assert complete(":load on") == [":load one.safetensors"]
    assert complete(":classify x.txt --class good=ti") == [":classify x.txt --class good=tiny"]
    assert complete(":classify x.txt --class a=on") == [":classify x.txt --class a=one.safetensors"]


def test_free_text_is_not_completed(complete):
    assert complete(":score --top 3 the --un") == complete(":score th") == []


def test_models_are_completed_by_name(complete):
    assert complete(":load ti") == [":load tiny"]
    assert complete(":score --model w") == [":score --model words"]


def test_folders_are_no_models_until_a_path_is_begun(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    assert {":load tiny", ":load words"} <= {*complete(":load ")}
    assert ":load docs/" not in complete(":load ") and complete(":load d") == [":load docs/"]


def test_tokenizers_are_completed_by_name(complete):
    assert complete(":tokenize --tokenizer ch") == [":tokenize --tokenizer char"]


def test_options_with_a_default_of_auto_have_both_forms(complete):
    assert complete(":train --no-") == [":train --no-tie", ":train --no-norm"]
    assert complete(":train --tie --no-t") == []


def test_the_options_of_the_tokenizer_on_the_line_are_completed(complete):
    assert complete(":train --tokenizer-option no") == [":train --tokenizer-option normalize="]
    assert complete(":train --tokenizer-option normalize=nfk") == [
        ":train --tokenizer-option normalize=nfkc",
        ":train --tokenizer-option normalize=nfkd",
    ]
    word = ":tokenize --tokenizer word --tokenizer-option "
    assert complete(word + "fo") == [word + "fold="]
    assert complete(word + "fold=y") == [word + "fold=yes"]
    assert complete(":tokenize --tokenizer nonsense --tokenizer-option ") == []


def test_files_and_folders_of_training_are_completed(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my text.txt").touch()
    (tmp_path / "my folder").mkdir()
    for flag in ("--out", "--resume"):
        assert complete(f":train {flag} ") == [f":train {flag} my\\ folder/"]
    assert len(complete(":score --save my")) == 2
    assert len(complete(":train --valid my")) == 2


def test_commands_are_completed_after_help(complete):
    assert complete(":help tra") == [":help train", ":help training"]


def test_settings_and_their_values_are_completed(complete):
    assert complete(":set allow") == [":set allow-unk"]
    assert complete(":set unit ") == [
        f":set unit {name}" for name in ("bits", "nats", "log10", "default")
    ]
    assert complete(":set allow-unk n") == [":set allow-unk no"]
    assert complete(":set nonsense x") == []
    assert complete(":set top=3 top-k") == [":set top=3 top-k="]
    assert complete(":set pres") == [":set presence-penalty", ":set preset"]
    assert complete(":set preset nu") == [":set preset nucleus"]
    assert complete(":gen --preset gr") == [":gen --preset greedy"]


def test_marks_and_nodes_of_the_conversation_are_completed(complete, session):
    read(session.model, session.conversation, "the cat")
    session.conversation.mark("here")
    assert complete(":goto ") == [":goto here", ":goto 0", ":goto 1"]
    assert complete(":goto h") == [":goto here"]


def test_files_are_completed_with_spaces_escaped(complete, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my text.txt").touch()
    (tmp_path / "my folder").mkdir()
    (tmp_path / "my folder" / "inner.txt").touch()
    (tmp_path / ".hidden").touch()
    assert complete(":eval my") == [":eval my\\ folder/", ":eval my\\ text.txt"]
    assert complete(":eval my\\ folder/") == [":eval my\\ folder/inner.txt"]
    assert ":load my\\ folder/" in complete(":load m") and ":load my\\ text.txt" not in complete(
        ":load m"
    )
    assert complete(":eval nowhere/") == []


def test_arguments_of_an_unknown_command_are_not_completed(complete):
    assert complete(":nonsense --") == complete(":quit x") == []


def test_completion_imports_neither_torch_nor_rich(session):
    code = (
        "import sys\n"
        "from prompt_toolkit.completion import CompleteEvent\n"
        "from prompt_toolkit.document import Document\n"
        "from rnnrepl import commands\n"
        "from rnnrepl.repl.completer import LineCompleter\n"
        "from rnnrepl.app.session import Session\n"
        "from rnnrepl.app.settings import Settings\n"
        "completer = LineCompleter(Session('prompt', Settings(commands.settable())))\n"
        "for line in (':', ':train --', ':load ', ':train --tokenizer ', ':set '):\n"
        "    assert list(completer.get_completions(Document(line), CompleteEvent())), line\n"
        "assert not {'torch', 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_first_prompt_does_not_import_heavy_libraries():
    code = (
        "import sys\n"
        "from rnnrepl import commands\n"
        "commands.every()\n"
        "import rnnrepl.repl.prompt\n"
        "print(*{'numpy', 'torch', 'rich', 'safetensors'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


NAMES = (
    "Alice's notes.txt",
    'a "quoted" name',
    "back\\slash",
    "tab\tand\nline\rends",
    "-dash",
    "--top",
    "~tilde",
    "\u3000wide\xa0spaces\u2028",
    "\u202ebidi\u200b",
    "\udcff\udcfe",  # bytes that are not UTF-8
    "#=$&;|*?[x]!",
    "'",
    '"',
    "\\",
)


@pytest.mark.parametrize("line", [":train ", ":train --valid ", ":score --file ", ":save "])
def test_a_completed_file_name_parses_to_the_same_name(complete, tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        (tmp_path / name).touch()
    command = commands.find(line.split()[0][1:])
    completed = complete(line)
    parsed = [
        value
        for each in completed
        for value in parse_line(command, each[len(command.name) + 1 :]).values()
    ]
    flat = {str(path) for value in parsed for path in (value if type(value) is tuple else [value])}
    assert flat == set(NAMES) and len(completed) == len(NAMES)


@pytest.mark.parametrize("typed", ["Al", "'Alice", '"Al', "\"Alice's n", "Alice\\'s\\ n"])
def test_a_word_in_quotes_is_completed(complete, tmp_path, monkeypatch, typed):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Alice's notes.txt").touch()
    assert complete(f":train x.txt {typed}") == [":train x.txt Alice\\'s\\ notes.txt"]


def test_completions_are_shown_without_unsafe_characters(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a\u202eb\x1b[31m").touch()
    (completion,) = LineCompleter(session).get_completions(Document(":train a"), CompleteEvent())
    assert completion.display_text == "a\\u202eb␛[31m"


def test_an_exception_in_completion_only_means_no_completions(complete, monkeypatch):
    def fail(*_):
        raise SystemExit

    monkeypatch.setattr("rnnrepl.repl.completions.values", fail)
    assert complete(":load ") == []


def test_the_speakers_of_the_training_text_are_completed_once_each(complete, session):
    chat = TurnTemplate("{name}: {text}\n", ("CAT", "BIG DOG"))
    tiny.write(paths.user_models() / "talk", chat=chat)
    session.load("talk", "cpu")
    assert complete(":chat C") == [":chat CAT"]
    assert complete(":chat CAT ") == [":chat CAT BIG\\ DOG"]
