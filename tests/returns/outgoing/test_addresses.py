"""Nothing is sent to addresses that are not public, however they are disguised."""

import ipaddress
import socket

import pytest

from returns.outgoing.addresses import AddressError, is_public, parse_target, resolve

PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "192.88.99.1", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
    # IPv4 in IPv6: mapped, compatible, NAT64, 6to4, Teredo.
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1"),
    *("2002:7f00:1::", "2001:0:7f00:1::", "3fff::1"),
]
NOT_SENT_TO = [
    *("http://shop.example/", "ftp://shop.example/", "shop.example", "https://", "https:///hook"),
    *("https://user@shop.example/", "https://u:p@shop.example/", "https://shop.example/#a"),
    *("https://shop.example:22/", "https://shop.example:80/", "https://shop.example:99999/"),
    *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[fe80::1]/"),
    *("https://shop.example/a b", "https://shop.example/\r\nHost:x", "https://shop.example/ü"),
    *("https://169.254.169.254./latest", "javascript:alert(1)", "https://[::1", "//shop.example/"),
]


@pytest.mark.parametrize("number", PRIVATE)
def test_what_is_not_public_is_refused(number):
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_allowed(number):
    assert is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("address", NOT_SENT_TO)
def test_nothing_is_sent_to_such_an_address(address):
    with pytest.raises(AddressError):
        parse_target(address)


def test_an_address_keeps_its_query_and_its_port():
    target = parse_target("https://Shop.example:8443/hook?a=1")
    assert (target.host, target.port, target.path) == ("shop.example", 8443, "/hook?a=1")
    assert target.host_header == "shop.example:8443"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "0"])
def test_a_name_or_number_that_means_this_computer_is_refused_when_something_is_sent(host):
    with pytest.raises(AddressError):
        resolve(parse_target(f"https://{host}/"), 5)


def test_one_private_address_among_several_is_enough(monkeypatch):
    rows = [(socket.AF_INET, 1, 6, "", (number, 443)) for number in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    with pytest.raises(AddressError):
        resolve(parse_target("https://shop.example/"), 5)


def test_a_setting_allows_a_host_with_any_port_and_plain_http(settings):
    settings.OUTGOING_ALLOWED_HOSTS = ["localhost"]
    target = parse_target("http://localhost:9999/hook")
    assert (target.is_tls, target.port) == (False, 9999)
    assert resolve(target, 5)
    with pytest.raises(AddressError):
        parse_target("http://127.0.0.1:9999/hook")
