"""Prints the resolvers that a DHCPv6 server on an interface names (RFC 8415, option 23 of RFC 3646), one a line.

    dhcpv6.py INTERFACE solicit | information-request
"""

import ipaddress
import secrets
import socket
import struct
import sys

# What is sent, and what comes back: SOLICIT and ADVERTISE, INFORMATION-REQUEST and REPLY.
MESSAGES = {"solicit": (1, 2), "information-request": (11, 7)}
CLIENT_ID, SERVER_ID, IA_NA, WANTED, ELAPSED, DNS_SERVERS = 1, 2, 3, 6, 8, 23
SERVERS, CLIENT_PORT, SERVER_PORT = "ff02::1:2", 546, 547
ATTEMPTS, PATIENCE = 5, 2


def option(kind, value):
    return struct.pack("!HH", kind, len(value)) + value


def options(message):
    while message:
        kind, length = struct.unpack("!HH", message[:4])
        yield kind, message[4 : 4 + length]
        message = message[4 + length :]


def ask(wire, index, sent, awaited):
    """The options of the first answer to a question of ours, as pairs of a number and its value."""
    # A DUID of the link-layer kind, for an Ethernet of no maker.
    me = struct.pack("!HH", 3, 1) + bytes([2, 0, 0, 0, 0, 9])
    number = secrets.token_bytes(3)
    question = bytes([sent]) + number + option(CLIENT_ID, me) + option(ELAPSED, bytes(2))
    question += option(WANTED, struct.pack("!H", DNS_SERVERS))
    if sent == MESSAGES["solicit"][0]:
        question += option(IA_NA, struct.pack("!III", 1, 0, 0))
    for _ in range(ATTEMPTS):
        wire.sendto(question, (SERVERS, SERVER_PORT, 0, index))
        try:
            answer = wire.recv(1500)
        except TimeoutError:
            continue
        found = list(options(answer[4:]))
        if answer[:4] == bytes([awaited]) + number and (CLIENT_ID, me) in found and SERVER_ID in dict(found):
            return found
    sys.exit("no DHCPv6 server answered")


with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as wire:
    wire.settimeout(PATIENCE)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[1].encode())
    wire.bind(("::", CLIENT_PORT))
    told = ask(wire, socket.if_nametoindex(sys.argv[1]), *MESSAGES[sys.argv[2]])
for kind, value in told:
    if kind == DNS_SERVERS:
        for start in range(0, len(value), 16):
            print(ipaddress.IPv6Address(value[start : start + 16]))
