"""Which addresses of the internet protocols lie where: open to all, inside somebody's network, or nowhere to connect to.

After the special-purpose registries of IANA. A form that carries an IPv4 address in an IPv6 one (mapped, compatible,
NAT64, 6to4, Teredo) leads wherever that address leads, by a gateway that is not ours: such a form is never open.
"""

import re
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address


class Place(Enum):
    """Where an address lies."""

    OPEN = "open"
    INSIDE = "inside"
    NOWHERE = "nowhere"


_INSIDE_4 = tuple(
    IPv4Network(item)
    for item in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.18.0.0/15")
)
_NOWHERE_4 = tuple(
    IPv4Network(item)
    for item in (
        "0.0.0.0/8",
        "169.254.0.0/16",  # link-local: what a cloud tells its machines stands there
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_INSIDE_6 = tuple(IPv6Network(item) for item in ("::1/128", "fc00::/7", "fec0::/10"))
_UNICAST_6 = IPv6Network("2000::/3")
_NOWHERE_6 = tuple(IPv6Network(item) for item in ("2001::/23", "2001:db8::/32", "3fff::/20"))
_TRANSLATED = (IPv6Network("::ffff:0:0:0/96"), IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")

_LIKE_A_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE | re.ASCII)


def place_of(address: str) -> Place:
    """Where this address lies.

    Raises:
        ValueError: it is no address.
    """
    parsed = ip_address(address)
    return _place_4(parsed) if isinstance(parsed, IPv4Address) else _place_6(parsed)


def _place_4(address: IPv4Address) -> Place:
    if any(address in i_pv4_network for i_pv4_network in _NOWHERE_4):
        return Place.NOWHERE
    return Place.INSIDE if any(address in i_pv4_network for i_pv4_network in _INSIDE_4) else Place.OPEN


def _place_6(address: IPv6Address) -> Place:
    if address.scope_id:
        return Place.NOWHERE
    if any(address in i_pv6_network for i_pv6_network in _INSIDE_6):
        return Place.INSIDE
    if (carried := _carried(address)) is not None:
        return Place.NOWHERE if _place_4(carried) is Place.NOWHERE else Place.INSIDE
    if address not in _UNICAST_6 or any(address in i_pv6_network for i_pv6_network in _NOWHERE_6):
        return Place.NOWHERE
    return Place.OPEN


def _carried(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _COMPATIBLE or any(address in i_pv6_network for i_pv6_network in _TRANSLATED):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_odd_number(host: str) -> bool:
    """Whether resolvers might read this host as an IPv4 address although it is not written as one: `0x7f.1`, `2130706433`."""
    if not _LIKE_A_NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        ip_address(host)
    except ValueError:
        return True
    return False
