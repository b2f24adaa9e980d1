"""Steps use one BLAS thread while the cores are occupied, and all of them otherwise."""

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from rnnrepl.files.threads import run_parallel, single_threaded_blas
from rnnrepl.rnn.config import NetworkConfig
from rnnrepl.rnn.network import Context
from rnnrepl.rnn.numpy_network import NumpyNetwork
from rnnrepl.rnn.step_threads import BUSY, FREE, Occupancy, StepThreads, several_are_slower
from rnnrepl.sampling import Sampling
from rnnrepl.sampling.chain import SamplerChain, SamplerState
from rnnrepl.sampling.draw import draws
from rnnrepl.scoring.surprisal import BatchedReading
from tests.rnn import reference


def blas_limits():
    """The number of threads of each BLAS library."""
    blas = ThreadpoolController().select(user_api="blas")
    return {library.num_threads for library in blas.lib_controllers}


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2, "blas"):
        yield
        assert blas_limits() == {2} and not single_threaded_blas.entered


class Cores:
    """Cores that are busy or free as told, and a clock that goes as told."""

    def __init__(self, *, busy=False):
        self.busy, self.time, self.looks = busy, 0.0, 0

    def find(self):
        self.looks += 1
        assert blas_limits() == {2}
        return self.busy

    def occupancy(self):
        return Occupancy(self.find, lambda: self.time)


def network(hidden):
    config = NetworkConfig(vocabulary=9, embed=16, hidden=(hidden, hidden))
    return NumpyNetwork(config, reference.weights(config))


LARGE = network(256)


def test_there_is_one_thread_while_the_cores_are_busy():
    cores = Cores(busy=True)
    with StepThreads(LARGE, cores.occupancy()) as threads:
        threads.choose()
        assert blas_limits() == {2}  # a short command ends before it looks
        cores.time += FREE
        threads.choose()
        assert blas_limits() == {1}
        cores.time += BUSY
        threads.choose()
        assert blas_limits() == {1}
        cores.busy = False
        cores.time += BUSY
        threads.choose()
        assert blas_limits() == {2}
    assert cores.looks == 3


def test_many_steps_are_worth_a_look_at_once():
    cores = Cores(busy=True)
    with StepThreads(LARGE, cores.occupancy()) as threads:
        threads.choose(1000)
        assert blas_limits() == {1}


def test_what_was_found_is_kept_for_some_time_and_for_the_next_steps():
    cores = Cores(busy=True)
    occupancy = cores.occupancy()
    for _ in range(3):
        with StepThreads(LARGE, occupancy) as threads:
            for _ in range(5):
                threads.choose()
            cores.time += FREE
            threads.choose()
            assert blas_limits() == {1}
    assert cores.looks == 1


def test_the_threads_are_restored_after_an_error():
    cores = Cores(busy=True)
    occupancy = cores.occupancy()
    occupancy.look()
    with pytest.raises(KeyboardInterrupt), StepThreads(LARGE, occupancy) as threads:
        threads.choose()
        assert blas_limits() == {1}
        raise KeyboardInterrupt


def test_the_threads_are_restored_when_a_stream_of_draws_is_left(monkeypatch):
    cores = Cores(busy=True)
    occupancy = cores.occupancy()
    occupancy.look()
    monkeypatch.setattr("rnnrepl.rnn.step_threads._CORES", occupancy)
    chain, state = SamplerChain(Sampling()), SamplerState.seeded(1)
    drawing = draws(LARGE, Context(LARGE.initial(), 3), chain, state)
    next(drawing)
    assert blas_limits() == {1}
    drawing.close()
    assert blas_limits() == {2}


@pytest.mark.parametrize("texts", [1, 3])
def test_one_text_is_read_on_one_thread_while_the_cores_are_busy(texts, monkeypatch):
    occupancy = Cores(busy=True).occupancy()
    occupancy.look()
    monkeypatch.setattr("rnnrepl.rnn.step_threads._CORES", occupancy)
    ids, context = np.zeros(8, np.intp), Context(LARGE.initial(), 3)
    reading = BatchedReading(LARGE, [ids] * texts, context, twice=True).hidden()
    next(reading)
    assert blas_limits() == {1 if texts == 1 else 2}
    reading.close()


def test_a_small_network_never_asks():
    cores = Cores()
    with StepThreads(network(16), cores.occupancy()) as threads:
        for _ in range(9):
            cores.time += BUSY
            threads.choose()
    assert not cores.looks


def test_the_cores_are_not_looked_at_beside_parallel_tasks():
    cores = Cores()
    occupancy = cores.occupancy()
    running = run_parallel(map(iter, [[1], [2]]))
    next(running)
    with StepThreads(LARGE, occupancy) as threads:
        threads.choose()
        cores.time += BUSY
        threads.choose()
    assert not cores.looks
    running.close()
    with StepThreads(LARGE, occupancy) as threads:
        threads.choose()
    assert cores.looks == 1


def test_timing_restores_the_threads_and_a_single_one_has_no_rival():
    several_are_slower()
    assert blas_limits() == {2}
    with threadpool_limits(1, "blas"):
        assert not several_are_slower()


def test_steps_have_the_same_results_on_one_thread_and_on_two():
    state = np.full(LARGE.config.state, 0.1, np.float32)
    several, after = LARGE.step(3, state)
    with single_threaded_blas:
        one, after_one = LARGE.step(3, state)
    np.testing.assert_allclose(several, one, rtol=0, atol=1e-6)
    np.testing.assert_allclose(after, after_one, rtol=0, atol=1e-6)
