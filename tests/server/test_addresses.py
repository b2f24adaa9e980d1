"""Addresses: which are of this machine, and those that cannot be listened at."""

import pytest

from rnnrepl.errors import RnnreplError
from rnnrepl.server.addresses import check_host, is_loopback, listen, url


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_addresses_of_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])
def test_addresses_that_others_can_reach(host):
    assert not is_loopback(host)


def test_a_port_in_use_is_named():
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        assert url(first) == f"http://127.0.0.1:{port}/v1"
        with pytest.raises(RnnreplError, match=f"Cannot listen at 127.0.0.1, port {port}: "):
            listen("127.0.0.1", port)


def test_a_host_that_does_not_exist_is_named():
    with pytest.raises(RnnreplError, match=r"Cannot listen at 300\.0\.0\.1"):
        listen("300.0.0.1", 0)


@pytest.mark.parametrize("host", ["nope.invalid", "300.0.0.1", "192.0.2.1", "a" * 70, "2001::1"])
def test_a_host_that_is_no_address_of_this_machine_is_refused(host):
    with pytest.raises(RnnreplError, match=f"`host` '{host}' is no address of this machine"):
        check_host(host)


def test_an_address_of_this_machine_is_accepted():
    check_host("127.0.0.1")
    check_host("0.0.0.0")
