"""compare_json.py ANSWERS COUNT [SEED]: changes texts of the corpus at random and holds what Bascule's parser, behind the
program ANSWERS, makes of them against Python's. Both must take the same texts, and read the same from them."""

import json
import random
import struct
import subprocess
import sys
from pathlib import Path

DEPTH = 64


class Answers:
    """The program that holds the parser."""

    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, text):
        self.process.stdin.write(struct.pack(">I", len(text)) + text)
        self.process.stdin.flush()
        (length,) = struct.unpack(">I", self.process.stdout.read(4))
        return self.process.stdout.read(length)


def refuse(word):
    raise ValueError(f"{word} is not of JSON")


def depth(value):
    if isinstance(value, Members):
        return 1 + max((depth(member) for _, member in value), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


class Members(list):
    """An object with every member, also one whose name is there twice."""


def number(text):
    value = float(text)
    # What is too large for a Double has no text in JSON.
    if value in (float("inf"), float("-inf")):
        return None
    try:
        exact = int(text)
    except ValueError:
        return value
    return exact if -(1 << 63) <= exact < 1 << 63 else value


def text(value):
    """Half a pair of surrogates stands for nothing."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def plain(value):
    if isinstance(value, Members):
        return Members((text(name), plain(member)) for name, member in value)
    if isinstance(value, list):
        return [plain(element) for element in value]
    return text(value) if isinstance(value, str) else value


def read(message):
    """What Python makes of it; ValueError where it is not JSON, and the same for what is nested too deeply here."""
    decoded = message.decode("utf-8")
    try:
        value = json.loads(
            decoded, parse_constant=refuse, object_pairs_hook=Members, parse_int=number, parse_float=number
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if depth(value) > DEPTH:
        raise ValueError("nested too deeply")
    return plain(value)


def difference(message, answer):
    try:
        expected = read(message)
    except ValueError as error:
        return f"only Bascule takes it ({error})" if answer else None
    if not answer:
        return "only Python takes it"
    seen = read(answer)
    # As text: true is 1 for Python.
    return None if repr(seen) == repr(expected) else f"Bascule reads {seen!r}, Python {expected!r}"


def changed(messages, dice):
    message = bytearray(dice.choice(messages))
    for _ in range(dice.randint(1, 4)):
        place = dice.randint(0, len(message))
        kind = dice.randint(0, 4)
        if kind == 0:
            del message[place : place + dice.randint(1, 4)]
        elif kind == 1:
            message.insert(place, dice.choice(b'"\\{}[],:0123-+eE.utfnbr \n\t\x00\x1f\x7f\x80\xc3\xa4\xed\xa0\xf0\xff'))
        elif kind == 2:
            other = dice.choice(messages)
            start = dice.randint(0, len(other))
            message[place:place] = other[start : start + dice.randint(1, 20)]
        elif kind == 3 and place < len(message):
            message[place] ^= 1 << dice.randint(0, 7)
        else:
            word = [b"\\ud800", b"\\udc00", b"\\u0041", b"null", b"1e5", b"-0", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"[]", b"{}"]
            message[place:place] = dice.choice(word)
    return bytes(message)


def main():
    path, count = sys.argv[1], int(sys.argv[2])
    dice = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    answers = Answers(path)
    folder = Path(__file__).parent / "corpus" / "json"
    messages = [file.read_bytes() for file in sorted(folder.iterdir())]
    taken = 0
    for index in range(count):
        message = messages[index] if index < len(messages) else changed(messages, dice)
        answer = answers.ask(message)
        taken += bool(answer)
        problem = difference(message, answer)
        if problem:
            sys.exit(f"{message!r}: {problem}")
    if not count // 50 < taken < count:
        sys.exit(f"of {count} texts {taken} were taken: that tells nothing")
    print(f"{count} texts, {taken} of them JSON: Python reads the same")


if __name__ == "__main__":
    main()
