"""Just enough DNS to ask and to answer without the program under test."""

import random
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "TXT": 16, "AAAA": 28, "ANY": 255}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
TC = 0x0200


def name_bytes(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def query(name, kind="A", ident=None, edns=True, udp_bytes=1232, flags=0x0100):
    ident = random.randrange(65536) if ident is None else ident
    opt = b"\0" + struct.pack("!HHIH", 41, udp_bytes, 0, 0) if edns else b""
    return struct.pack("!6H", ident, flags, 1, 0, 0, 1 if edns else 0) + name_bytes(name) + struct.pack("!2H", TYPES[kind], 1) + opt


def read_name(wire, at):
    labels, end = [], None
    while wire[at]:
        if wire[at] >= 0xC0:
            end = end or at + 2
            at = struct.unpack("!H", wire[at : at + 2])[0] & 0x3FFF
            continue
        labels.append(wire[at + 1 : at + 1 + wire[at]].decode("latin-1"))
        at += 1 + wire[at]
    return ".".join(labels) + ".", end or at + 1


class Answer:
    """A response taken apart. `records`: (name, type, ttl, rdata) of all sections but OPT; `ede`: codes of extended errors."""

    def __init__(self, wire):
        self.wire = wire
        self.ident, self.flags, questions, *counts = struct.unpack("!6H", wire[:12])
        self.rcode = RCODES.get(self.flags & 15, self.flags & 15)
        self.truncated = bool(self.flags & TC)
        self.records, self.ede, self.name = [], [], None
        self.answers = counts[0]
        at = 12
        for _ in range(questions):
            self.name, at = read_name(wire, at)
            at += 4
        for _ in range(sum(counts)):
            owner, at = read_name(wire, at)
            kind, _, ttl, size = struct.unpack("!HHIH", wire[at : at + 10])
            rdata = wire[at + 10 : at + 10 + size]
            at += 10 + size
            if kind == 41:
                self.read_options(rdata)
            else:
                self.records.append((owner, kind, ttl, rdata))
        assert at == len(wire), "bytes behind the last record"

    def read_options(self, rdata):
        while rdata:
            code, size = struct.unpack("!2H", rdata[:4])
            if code == 15:
                self.ede.append(struct.unpack("!H", rdata[4:6])[0])
            rdata = rdata[4 + size :]

    @property
    def ttl(self):
        return self.records[0][2]


def ask(port, name, kind="A", patience=10, **how):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(patience)
        udp.connect(("127.0.0.1", port))
        asked = query(name, kind, **how)
        udp.send(asked)
        answer = Answer(udp.recv(65535))
        assert answer.ident == struct.unpack("!H", asked[:2])[0]
        return answer


class Tcp:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *queries):
        self.socket.sendall(b"".join(struct.pack("!H", len(q)) + q for q in queries))

    def receive(self):
        return Answer(self.take(struct.unpack("!H", self.take(2))[0]))

    def take(self, size):
        heard = b""
        while len(heard) < size:
            piece = self.socket.recv(size - len(heard))
            if not piece:
                raise ConnectionError("closed")
            heard += piece
        return heard


def address_reply(asked, address="192.0.2.1", ttl=60, ident=None, name=None):
    """What an upstream says: the question back, with one A."""
    start = struct.pack("!H", ident if ident is not None else struct.unpack("!H", asked[:2])[0])
    end = read_name(asked, 12)[1]
    question = (name or asked[12:end]) + asked[end : end + 4]
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, ttl, 4) + socket.inet_aton(address)
    return start + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question + record


class Upstream:
    """An upstream over UDP that does what `reply(asked) -> [datagrams]` says. Use it in a `with`."""

    def __init__(self, reply):
        self.reply, self.asked = reply, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while True:
            asked, peer = self.socket.recvfrom(65535)
            if asked == b"stop":
                return
            self.asked.append((asked, peer))
            for datagram in self.reply(asked):
                self.socket.sendto(datagram, peer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(b"stop", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()
