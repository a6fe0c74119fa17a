"""Who tries, for throttles: the address that a request came from."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from fastapi import Request

NETWORK = 64
"""Bits of an IPv6 address that tell homes apart; the rest each home chooses itself."""


def address_of(request: Request) -> str:
    """The address that a request came from, of IPv6 the network of a home; empty where there is none.

    Behind a proxy this is what the proxy says, if it is one of `LAUREL_TRUSTED_PROXIES`.
    """
    host = request.client.host if request.client else ""
    with suppress(ValueError):
        address = ip_address(host)
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(IPv6Address(int(address) >> (128 - NETWORK) << (128 - NETWORK)))
    return host
