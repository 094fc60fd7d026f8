"""compare.py ANSWERS COUNT [SEED]: changes messages of the corpus at random and holds what the front's parsers,
behind the program ANSWERS, make of them against h11. What they take, h11 must take too, and read the same from
what came in and from what goes on. They may refuse more."""

import collections
import random
import struct
import subprocess
import sys
from pathlib import Path

import h11

FORWARDING = {b"forwarded", b"x-real-ip", b"x-request-id"}
HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"}
# What Connection cannot remove.
SESSION = b"bascule_session"
KEPT = {b"host", b"content-length", b"content-type", b"content-encoding", b"transfer-encoding", b"expect"}


class Disagreement(Exception):
    pass


class Answers:
    """The program that holds the parsers."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, kind, message):
        question = kind + message
        self.process.stdin.write(struct.pack(">I", len(question)) + question)
        self.process.stdin.flush()
        (length,) = struct.unpack(">I", self.process.stdout.read(4))
        verdict, _, rest = self.process.stdout.read(length).partition(b"\n")
        return verdict.decode(), rest


def read(kind, message):
    """What h11 makes of it: what it begins with, the fields, the body, the trailers, and how much is left over."""
    connection = h11.Connection(h11.SERVER if kind == b"Q" else h11.CLIENT, max_incomplete_event_size=1 << 20)
    if kind != b"Q":
        # Whoever has asked for an upgrade may get 101.
        wish = [("Host", "h"), ("Upgrade", "websocket"), ("Connection", "upgrade")]
        method = "HEAD" if kind == b"H" else "GET"
        connection.send(h11.Request(method=method, target="/", headers=wish))
        connection.send(h11.EndOfMessage())
    connection.receive_data(message)
    start, body, ended = None, b"", False
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise Disagreement(f"h11 refuses: {error}") from error
        if event is h11.NEED_DATA:
            if ended:
                raise Disagreement("h11 waits for more")
            # A body that lasts until the connection ends.
            ended = True
            connection.receive_data(b"")
        elif isinstance(event, (h11.Request, h11.Response, h11.InformationalResponse)):
            start = event
            if isinstance(event, h11.InformationalResponse):
                return start, body, [], None
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            return start, body, list(event.headers), len(connection.trailing_data[0])
        else:
            raise Disagreement(f"h11 says {event}")


def lists(fields, name):
    return [part.strip().lower() for key, value in fields if key == name for part in value.split(b",")]


def lasting(fields, *more):
    """The fields that are for more than this one connection, but for those that say who asks."""
    named = set(lists(fields, b"connection")) - KEPT
    rest = [
        (key, without_session(value) if key == b"cookie" else value)
        for key, value in fields
        if key not in HOP | FORWARDING | named | set(more) and not key.startswith(b"x-forwarded-")
    ]
    return [(key, value) for key, value in rest if value is not None]


def without_session(value):
    """What is left of a Cookie, None if that is nothing."""
    pairs = value.split(b";")
    rest = [pair for pair in pairs if pair.partition(b"=")[0].strip(b" \t") != SESSION]
    if len(rest) == len(pairs):
        return value
    return b";".join(rest).strip(b" \t") if any(pair.strip(b" \t") for pair in rest) else None


def expected_target(request):
    target = bytes(request.target)
    for scheme in (b"http://", b"https://"):
        if target.lower().startswith(scheme):
            rest = target[len(scheme):]
            at = min((rest.find(mark) for mark in (b"/", b"?") if mark in rest), default=len(rest))
            host, path = rest[:at], rest[at:]
            if not path and request.method == b"OPTIONS":
                path = b"*"
            return (path if path[:1] in (b"/", b"*") else b"/" + path), host
    return target, None


def same(what, one, other):
    if one != other:
        raise Disagreement(f"another {what}: {one!r} came in, {other!r} goes on")


def compare_request(message, head, head_length, body_length, content):
    # h11 knows no empty lines before a request.
    while message.startswith(b"\r\n"):
        message, head_length = message[2:], head_length - 2
    came, body, _, left = read(b"Q", message)
    same("body", body, content)
    same("end", left, len(message) - head_length - body_length)
    goes, body_again, _, left = read(b"Q", head + message[head_length:head_length + body_length])
    same("body", body, body_again)
    same("end", left, 0)
    same("method", came.method, goes.method)
    target, host = expected_target(came)
    same("target", target, bytes(goes.target))
    hosts = [host] if host else [value for key, value in came.headers if key == b"host"] or [b"localhost"]
    same("host", hosts, [value for key, value in goes.headers if key == b"host"])
    more = [b"host"] + ([b"expect"] if came.http_version == b"1.0" else [])
    same("fields", lasting(came.headers, *more), lasting(goes.headers, *more))
    fields = dict(goes.headers)
    upgrades = b"connection" in fields
    same("upgrade", upgrades, b"upgrade" in fields)
    if upgrades:
        same("upgrade", [b"upgrade"], lists(goes.headers, b"connection"))
        if b"upgrade" not in lists(came.headers, b"connection"):
            raise Disagreement("an upgrade that nobody asked for")
    if fields[b"x-forwarded-for"] != b"192.0.2.7" or fields[b"x-request-id"] != b"0123456789abcdef" * 2:
        raise Disagreement("somebody else is said to ask")
    if sum(key.startswith(b"x-forwarded-") for key, _ in goes.headers) > 3:
        raise Disagreement("more is said of who asks than is known")


def compare_response(kind, message, head, head_length, body_length, content):
    came, body, _, left = read(kind, message)
    if left is not None and came.status_code not in (101,):
        same("body", body, content)
        same("end", left, len(message) - head_length - body_length)
    goes, body_again, _, _ = read(kind, head + message[head_length:head_length + body_length])
    if came.status_code != 101:
        same("body", body, body_again)
    same("status", came.status_code, goes.status_code)
    same("reason", bytes(came.reason), bytes(goes.reason))
    bare = []
    if came.status_code < 200 or came.status_code in (204, 304):
        bare = [b"transfer-encoding"] if came.status_code == 304 else [b"content-length", b"transfer-encoding"]
    same("fields", lasting(came.headers, *bare), lasting(goes.headers, *bare))


class Mutator:
    PIECES = [
        b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b":", b",", b";", b"\x0b", b"\x7f", b"\x80", b"\xff", b"_", b"-", b"+",
        b"0", b"1", b"5", b"a", b"A", b"x", b"h", b"/", b"?", b"*", b"#", b"@", b"[", b"]", b"\"", b"%", b"=", b"chunked",
        b"\r\n\r\n", b"0\r\n\r\n", b"close", b"identity", b"gzip, ", b", chunked", b";a=b", b"http://u", b"HTTP/1.0", b"HTTP/1.1",
        b"Host: h\r\n", b"Host: i\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n", b"Connection: X-Foo\r\n", b"X-Foo: bar\r\n", b"Connection: upgrade\r\n",
        b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n", b"X-Forwarded-For: 1\r\n", b"X-Forwarded-Proto: a\r\n",
        b"Forwarded: a\r\n", b"X-Request-Id: a\r\n", b"TE: trailers\r\n", b"Keep-Alive: a\r\n", b"A: b\r\n", b"B:\r\n", b" c\r\n",
        b"Cookie: ", b"bascule_session=x", b"; bascule_session",
    ]

    def __init__(self, seeds, seed):
        self.seeds = seeds
        self.random = random.Random(seed)

    def message(self):
        kind, message = self.random.choice(self.seeds)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 2, 3, 4))):
            message = self.change(message)
        return kind, message

    def change(self, message):
        pick, at = self.random.randrange(10), self.random.randint(0, len(message))
        lines = message.split(b"\r\n")
        line = self.random.randrange(len(lines))
        if pick <= 2:
            return message[:at] + self.random.choice(self.PIECES) + message[at:]
        if pick == 3:
            return message[:at] + message[at + self.random.randint(1, 4):]
        if pick == 4 and at < len(message):
            return message[:at] + bytes([message[at] ^ 1 << self.random.randrange(8)]) + message[at + 1:]
        if pick == 5:
            lines.insert(self.random.randint(0, len(lines)), lines[line])
        elif pick == 6:
            lines.insert(line + 1, self.random.choice([p for p in self.PIECES if p.endswith(b"\r\n")])[:-2])
        elif pick == 7:
            del lines[line]
        elif pick == 8:
            lines[line] = lines[line].swapcase()
        else:
            other = self.random.choice(self.seeds)[1].split(b"\r\n")
            return b"\r\n".join(lines[:line] + other[self.random.randrange(len(other)):])
        return b"\r\n".join(lines)


def main(path, count, seed=1):
    answers, tally, failures = Answers(path), collections.Counter(), 0
    seeds = []
    for file in sorted((Path(__file__).parent / "corpus" / "front").iterdir()):
        kinds = {"request": [b"Q"], "response": [b"G", b"H"]}.get(file.name.partition("-")[0], [])
        seeds += [(kind, file.read_bytes()) for kind in kinds]
    mutator = Mutator(seeds, seed)
    for number in range(count):
        kind, message = seeds[number] if number < len(seeds) else mutator.message()
        verdict, rest = answers.ask(kind, message)
        word, *numbers = verdict.split()
        what = "requests" if kind == b"Q" else "responses"
        tally[f"{what} {word}"] += 1
        if word != "complete":
            continue
        head, end, content = rest.partition(b"\r\n\r\n")
        try:
            compare = compare_request if kind == b"Q" else lambda *rest: compare_response(kind, *rest)
            compare(message, head + end, *map(int, numbers), content)
        except Disagreement as disagreement:
            failures += 1
            if failures <= 20:
                print(f"{kind.decode()} {message!r}\n  {disagreement}", file=sys.stderr)
    print(f"compared with h11 {h11.__version__}: {count} messages, {failures} disagreements")
    for word, times in sorted(tally.items()):
        print(f"  {word}: {times}")
    return 1 if failures or not took_enough(tally) else 0


def took_enough(tally):
    """Whether of either kind one in twenty was taken: who refuses everything agrees with everybody."""
    enough = True
    for what in ("requests", "responses"):
        every = sum(times for word, times in tally.items() if word.startswith(what))
        taken = tally[f"{what} complete"]
        if taken < max(1, every / 20):
            print(f"only {taken} of {every} {what} were complete", file=sys.stderr)
            enough = False
    return enough


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:4])))
