"""Fixtures of all tests: an empty home folder, no plugins of the user, no waiting for the disk."""

import os
import signal
import sys
from contextlib import contextmanager
from importlib.util import find_spec

import pytest
from hypothesis import settings

# Processes of tests side by side share the cores: then each, and what it starts, computes on one
# thread. BLAS and OpenMP read this when they are loaded.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile("patient", deadline=None, max_examples=60)  # which may take any time
settings.load_profile("patient")

# In the background of a shell, SIGINT is ignored by the tests and by the processes they start, some
# of which must end on it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Module(pytest.Module):
    """A module of tests, skipped if it imports torch and torch is not installed."""

    def collect(self):
        try:
            return super().collect()
        except self.CollectError as error:
            cause = error.__cause__
            if isinstance(cause, ModuleNotFoundError) and cause.name == "torch":
                pytest.skip("torch is not installed", allow_module_level=True)
            raise


def pytest_pycollect_makemodule(module_path, parent):
    return Module.from_parent(parent, path=module_path)


def pytest_runtest_setup(item):
    if item.get_closest_marker("needs_torch") and not find_spec("torch"):
        pytest.skip("torch is not installed")


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """An empty folder for the user's config, data and state."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RNNREPL_HOME", str(folder))
    monkeypatch.delenv("RNNREPL_PLUGINS", raising=False)
    return folder


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch):
    """Files are written without waiting for the disk, which takes milliseconds for each."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def full_disk():
    """A context manager in which no file can grow beyond so many bytes."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limit")
    import resource

    @contextmanager
    def limit(size):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit
