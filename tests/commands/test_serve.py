"""`serve`: a real process that real clients reach, and its end."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnnrepl.commands.serve import serve
from rnnrepl.errors import RnnreplError
from rnnrepl.files import paths
from tests import tiny

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(*options):
    """Runs the server; yields the process and the URL, and interrupts it if it still runs."""
    pytest.importorskip("starlette")
    pytest.importorskip("uvicorn")
    tiny.write(paths.user_models() / "tiny")
    command = [sys.executable, "-m", "rnnrepl", "serve", "--model", "tiny", "--port", "0", *options]
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    environ = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, encoding="utf-8")
    try:
        line = process.stderr.readline()
        assert line.startswith("tiny is served at http://127.0.0.1:"), line + process.stderr.read()
        yield process, line.split()[4].removesuffix(";")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_client_is_answered_and_ctrl_c_ends_the_server():
    with serving() as (process, url):
        assert json.loads(ask(f"{url}/models"))["data"][0]["id"] == "tiny"
        body = {"prompt": "the", "max_tokens": 5, "stream": True}
        assert ask(f"{url}/completions", body).endswith("data: [DONE]\n\n")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_also_ends_a_request():
    with serving("--max-tokens", "10000000") as (process, url):
        body = {"prompt": "the", "max_tokens": 9_000_000, "stream": True}
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{url}/completions", data)
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.readline().startswith(b"data: ")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 130
            assert "shutting down" in answer.read().decode()
        assert process.stderr.read() == ""


def test_the_openai_client_gets_a_completion_and_a_stream():
    openai = pytest.importorskip("openai")
    with serving() as (_, url):
        client = openai.OpenAI(base_url=url, api_key="any", max_retries=0)
        assert [model.id for model in client.models.list()] == ["tiny"]
        wanted = {"model": "tiny", "prompt": "the", "max_tokens": 9, "seed": 1}
        whole = client.completions.create(**wanted, logprobs=2)
        assert len(whole.choices[0].logprobs.token_logprobs) == whole.usage.completion_tokens
        stream = client.completions.create(**wanted, stream=True)
        text = "".join(part.choices[0].text for part in stream)
        assert text == whole.choices[0].text
        with pytest.raises(openai.BadRequestError, match="temperature"):
            client.completions.create(**wanted, temperature=-1)


def test_an_address_that_others_reach_needs_a_token(run):
    pytest.importorskip("uvicorn")
    with pytest.raises(RnnreplError, match=r"0\.0\.0\.0: give a --token"):
        run(serve, host="0.0.0.0")


@pytest.mark.parametrize("token", ["a\nb", "a\tb", " a", "é", "a\0"])
def test_a_token_that_no_header_can_carry_is_refused(run, token):
    pytest.importorskip("uvicorn")
    with pytest.raises(RnnreplError, match=r"^--token must be printable ASCII characters: it is"):
        run(serve, token=token)


def test_a_host_that_is_not_this_machine_is_named_before_a_token_is_asked_for(run):
    pytest.importorskip("uvicorn")
    with pytest.raises(RnnreplError, match=r"'nope\.invalid' is no address of this machine"):
        run(serve, host="nope.invalid")


def test_it_is_a_command_of_the_shell(run, prompt):
    with pytest.raises(RnnreplError, match="in the shell"):
        run(serve)


def test_without_its_packages_it_says_how_to_get_them(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    monkeypatch.delitem(sys.modules, "rnnrepl.server.run", raising=False)
    with pytest.raises(RnnreplError, match=r"needs uvicorn.*rnnrepl\[serve\]"):
        run(serve)
