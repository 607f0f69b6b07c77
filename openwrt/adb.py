"""The container of apk-tools 3 ("ADB"), as far as packages and their index need it (apk-v3(5), src/adb.h).

A file is a deflated sequence: magic, schema, and blocks that are padded to eight bytes. The first block holds a tree of
values; signatures of it come next, and then the contents of files, whose hashes the tree names. A value is a 32-bit
word: its type in four bits, and the rest is the value itself or where in the block it stands. All numbers are
little-endian.

In Python the tree is made of bytes, numbers, None, tuples (objects: a slot a field) and lists (arrays).
"""

import hashlib
import struct
import subprocess
import zlib

PACKAGE = b"pckg"
INDEX = b"indx"

# The blocks' types, in the upper two bits of the word before each; below them its length with that word.
TREE, SIGNATURE, DATA = 0, 1, 2
MAX_BLOCK = 0x3FFFFFFF

INT, INT_32, INT_64 = 0x1, 0x2, 0x3
BLOB_8, BLOB_16, BLOB_32 = 0x8, 0x9, 0xA
ARRAY, OBJECT = 0xD, 0xE

# Header of a tree: two version bytes and two that are reserved, all zero, and the word of the root.
HEADER = 8

# apk's number for SHA-512, of which the first sixteen bytes name a key too.
SHA_512 = 4
# A P-256 key's DER form (RFC 5480): this, and the point, uncompressed, in 64 bytes.
P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


class Identity:
    """Twenty bytes that say which package it is: the start of the tree's SHA-256 while they themselves are zero."""


class Tree:
    """Writes a tree, each distinct value once."""

    def __init__(self):
        self.bytes = bytearray(HEADER)
        self.places = {}
        self.identity = None

    def finish(self, root):
        """The whole tree, as it stands in its block."""
        word = self.write(root)
        struct.pack_into("<I", self.bytes, HEADER - 4, word)
        if self.identity is not None:
            digest = hashlib.sha256(self.bytes).digest()
            self.bytes[self.identity : self.identity + 20] = digest[:20]
        return bytes(self.bytes)

    def write(self, value):
        """The word of a value."""
        if value is None or value in (b"", (), []):
            return 0
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, bytes):
            return self.blob(value)
        if isinstance(value, Identity):
            self.bytes += bytes([20])
            self.identity = len(self.bytes)
            self.bytes += bytes(20)
            return self.word(BLOB_8, self.identity - 1)
        words = [self.write(slot) for slot in value]
        while words and words[-1] == 0:
            words.pop()
        if not words:
            return 0
        kind = ARRAY if isinstance(value, list) else OBJECT
        # The count is of all words, itself among them.
        return self.word(kind, self.place(struct.pack(f"<{len(words) + 1}I", len(words) + 1, *words), 4))

    def number(self, value):
        if value < 1 << 28:
            return self.word(INT, value)
        if value < 1 << 32:
            return self.word(INT_32, self.place(struct.pack("<I", value), 4))
        return self.word(INT_64, self.place(struct.pack("<Q", value), 4))

    def blob(self, value):
        if len(value) < 1 << 8:
            return self.word(BLOB_8, self.place(struct.pack("<B", len(value)) + value, 1))
        if len(value) < 1 << 16:
            return self.word(BLOB_16, self.place(struct.pack("<H", len(value)) + value, 2))
        return self.word(BLOB_32, self.place(struct.pack("<I", len(value)) + value, 4))

    def place(self, data, alignment):
        """Where these bytes stand: once for all that are the same."""
        place = self.places.get(data)
        if place is None or place % alignment:
            self.bytes += bytes(-len(self.bytes) % alignment)
            place = self.places[data] = len(self.bytes)
            self.bytes += data
        return place

    @staticmethod
    def word(kind, value):
        if value >= 1 << 28:
            raise ValueError("too large for a package: 256 MB")
        return kind << 28 | value


def read(tree, word=None):
    """What a word of a tree stands for; without one, the root."""
    if word is None:
        (word,) = struct.unpack_from("<I", tree, HEADER - 4)
    kind, value = word >> 28, word & 0xFFFFFFF
    if word == 0:
        return None
    if kind == INT:
        return value
    if kind in (INT_32, INT_64):
        return struct.unpack_from("<I" if kind == INT_32 else "<Q", tree, value)[0]
    if kind in (BLOB_8, BLOB_16, BLOB_32):
        size = {BLOB_8: "<B", BLOB_16: "<H", BLOB_32: "<I"}[kind]
        (length,) = struct.unpack_from(size, tree, value)
        start = value + struct.calcsize(size)
        return bytes(tree[start : start + length])
    if kind not in (ARRAY, OBJECT):
        raise ValueError(f"a value of the unknown type {kind:x}")
    (count,) = struct.unpack_from("<I", tree, value)
    slots = [read(tree, slot) for slot in struct.unpack_from(f"<{count - 1}I", tree, value + 4)]
    return slots if kind == ARRAY else tuple(slots)


def block(kind, payload):
    length = 4 + len(payload)
    if length > MAX_BLOCK:
        raise ValueError("a file of 1 GB or more")
    return struct.pack("<I", kind << 30 | length) + payload + bytes(-length % 8)


def deflated(schema, blocks):
    """A file of these blocks."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [b"ADBd", packer.compress(b"ADB." + schema)]
    parts += [packer.compress(part) for part in blocks]
    return b"".join(parts) + packer.flush()


def tree_of(path):
    """The tree of a file that `deflated` made."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"ADBd":
        raise ValueError(f"{path} is no package of apk-tools 3")
    data = zlib.decompress(data[4:], -15)
    (first,) = struct.unpack_from("<I", data, 8)
    return data[12 : 8 + (first & MAX_BLOCK)]


def signature(schema, tree, key):
    """What a SIGNATURE block holds: ECDSA over the schema, this header and the tree's SHA-512.

    `key` is a PEM file (openssl ecparam -name prime256v1 -genkey -noout).
    """
    public = run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER")
    if not public.startswith(P256_PREFIX):
        raise ValueError(f"{key} is no P-256 key; make one: openssl ecparam -name prime256v1 -genkey -noout")
    point = public[len(P256_PREFIX) - 1 :]
    header = bytes([0, SHA_512]) + hashlib.sha512(point).digest()[:16]
    told = schema + header + hashlib.sha512(tree).digest()
    return header + run("openssl", "dgst", "-sha512", "-sign", key, told=told)


def run(*command, told=None):
    return subprocess.run(command, input=told, stdout=subprocess.PIPE, check=True).stdout
