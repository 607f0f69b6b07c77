"""A hotel's line: its resolver says its own address to every name, and its web server sends everybody to its sign-in page.
Who has been at /enter there has signed in for all: then names are 192.0.2.1, and the page to look by is empty.

    portal.py ADDRESS
"""

import http.server
import socket
import socketserver
import sys
import threading

CHECK, SIGN_IN, OUTSIDE = b"\x11connectivitycheck", "http://login.hotel.example/", "192.0.2.1"
address = sys.argv[1]
signed_in = threading.Event()


def answer(question):
    """A record for an IPv4 address, nothing else (RFC 1035 §4.1)."""
    end = question.index(b"\0", 12) + 5
    is_a = question[end - 4 : end - 2] == b"\0\1"
    name = question[12:end].lower()
    to = OUTSIDE if signed_in.is_set() and not name.startswith(CHECK) else address
    header = question[:2] + b"\x81\x80\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x05\0\x04" + socket.inet_aton(to)
    return header + question[12:end] + (record if is_a else b"")


def serve_names():
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((address, 53))
    while True:
        question, asker = names.recvfrom(4096)
        names.sendto(answer(question), asker)


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/enter":
            signed_in.set()
        is_free = signed_in.is_set()
        self.send_response(204 if is_free else 302)
        if not is_free:
            self.send_header("Location", SIGN_IN)
        self.end_headers()

    def log_message(self, *_):
        pass


threading.Thread(target=serve_names, daemon=True).start()
# Python's own HTTP server would look up its name first.
socketserver.ThreadingTCPServer((address, 80), Page).serve_forever()
