"""Prints the resolvers that the next router advertisement on an interface names (RFC 4861, RFC 8106)."""

import ipaddress
import socket
import sys

ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, RDNSS = 133, 134, 25

interface = socket.if_nametoindex(sys.argv[1])
with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as wire:
    wire.settimeout(10)
    wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    wire.sendto(bytes([ROUTER_SOLICITATION]) + bytes(7), ("ff02::2", 0, 0, interface))
    message = b""
    while message[:1] != bytes([ROUTER_ADVERTISEMENT]):
        message = wire.recv(1500)
options = message[16:]
while len(options) >= 8 and options[1]:
    kind, length = options[0], options[1] * 8
    if kind == RDNSS:
        for start in range(8, length, 16):
            print(ipaddress.IPv6Address(options[start : start + 16]))
    options = options[length:]
