"""Where addresses lie, against the registries that Python's `ipaddress` keeps."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network

from hypothesis import given
from hypothesis import strategies as st

from shared.http.addresses import Place, is_odd_number, place_of

V4 = st.ip_addresses(v=4) | st.sampled_from(
    [IPv4Address(item) for item in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "8.8.8.8", "224.0.0.1")]
)


def special(address: IPv4Address | IPv6Address) -> bool:
    return (
        not address.is_global
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )


@given(V4)
def test_an_open_address_is_one_that_is_nothing_special(address: IPv4Address) -> None:
    assert not (place_of(str(address)) is Place.OPEN and special(address))


@given(st.ip_addresses(v=6))
def test_an_open_address_of_version_6_is_global_unicast(address: IPv6Address) -> None:
    if place_of(str(address)) is Place.OPEN:
        assert address in IPv6Network("2000::/3")
        assert not special(address)
        assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@given(V4)
def test_an_address_within_an_address_is_never_open(carried: IPv4Address) -> None:
    number = int(carried)
    forms = (
        number,
        0xFFFF << 32 | number,
        0xFFFF << 48 | number,
        0x64FF9B << 96 | number,
        0x64FF9B0001 << 80 | number,
        0x2002 << 112 | number << 80,
        0x20010000 << 96 | number ^ 0xFFFFFFFF,
    )
    for form in forms:
        place = place_of(str(IPv6Address(form)))
        assert place is not Place.OPEN, IPv6Address(form)
        if form > 1 and place_of(str(carried)) is Place.NOWHERE:
            assert place is Place.NOWHERE, IPv6Address(form)


@given(V4)
def test_numbers_that_resolvers_read_as_addresses_are_odd(address: IPv4Address) -> None:
    number = int(address)
    first, rest = divmod(number, 1 << 24)
    for written in (
        str(number),
        hex(number),
        f"{first}.{rest}",
        f"0x{first:x}.{rest}",
        f"{number}.",
        f"{first:#x}.0.0.{rest:#x}",
    ):
        assert is_odd_number(written), written
    assert not is_odd_number(str(address))
    assert not is_odd_number("example.org")
    assert not is_odd_number("1.example.org.")
