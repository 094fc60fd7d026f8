"""Clients of the soak that look at what they get: echoes, WebSockets and event streams of the app, pages and streams
of the API. `Contract` says what of it may fail."""

import base64
import collections
import hashlib
import http.client
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable


class Broken(Exception):
  """The connection was lost, or the front said so with 502: by contract while the app's process dies."""


class Wrong(Exception):
  """By no contract."""


class Contract:
  """The seconds in which the app's processes died, and what was lost then; everything else is a failure."""

  def __init__(self):
    self.lock = threading.Lock()
    self.deaths: list[tuple[float, float]] = []
    self.losses: list[tuple[str, float, float, str]] = []
    self.counts = collections.Counter()
    self.failures: list[str] = []

  def died(self, told: float) -> None:
    """Between `told`, before a process was told to die, and now, when it is dead."""
    self.deaths.append((told, time.monotonic()))

  def count(self, what: str, number: int = 1) -> None:
    with self.lock:
      self.counts[what] += number

  def lost(self, what: str, began: float, ended: float, how: str) -> None:
    with self.lock:
      self.losses.append((what, began, ended, how))

  def failed(self, what: str) -> None:
    with self.lock:
      self.failures.append(what)

  def judge(self) -> collections.Counter:
    """Losses by what was lost. Those of no death become failures."""
    excused = collections.Counter()
    for what, began, ended, how in self.losses:
      if any(began <= last and ended >= first for first, last in self.deaths):
        excused[what] += 1
      else:
        near = min((max(began - last, first - ended) for first, last in self.deaths), default=float("inf"))
        self.failures.append(f"{what}: {how}, after {ended - began:.2f} s, {near:.2f} s from the nearest death")
    self.losses = []
    return excused


class Client(threading.Thread):
  """Does one thing again and again until it is over."""

  def __init__(self, name: str, contract: Contract, over: threading.Event, round: Callable[["Client"], None]):
    super().__init__(name=name, daemon=True)
    self.contract, self.over, self.round = contract, over, round
    self.chance = random.Random(name)
    self.start()

  def run(self) -> None:
    while not self.over.is_set():
      began = time.monotonic()
      try:
        self.round(self)
      except Broken as error:
        self.contract.lost(self.name, began, time.monotonic(), str(error))
      except Exception as error:
        self.contract.failed(f"{self.name}: {error!r}")
        time.sleep(0.2)


def request(
  port: int, method: str, path: str, body: bytes | None = None, headers: dict | None = None
) -> http.client.HTTPResponse:
  connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
  try:
    connection.request(method, path, body, {"Connection": "close", **(headers or {})})
    return connection.getresponse()
  except (http.client.HTTPException, ConnectionError) as error:
    connection.close()
    raise Broken(repr(error)) from error


def echoes(port: int) -> Callable[[Client], None]:
  """A POST is never sent twice: the only kind that a death may cost its answer before it has begun."""

  def round(client: Client) -> None:
    text = client.chance.randbytes(client.chance.randrange(1, 65536))
    with request(port, "POST", "/echo", text) as answer:
      if answer.status == 502:
        raise Broken("502")
      try:
        got = answer.read()
      except (http.client.HTTPException, ConnectionError) as error:
        raise Broken(repr(error)) from error
      if answer.status != 200 or got != text:
        raise Wrong(f"{answer.status} and {len(got)} bytes for {len(text)}")
    client.contract.count("echoes")
    client.over.wait(0.1)

  return round


def event_stream(port: int) -> Callable[[Client], None]:
  def round(client: Client) -> None:
    with request(port, "GET", "/events") as answer:
      if answer.status == 502:
        raise Broken("502")
      if answer.status != 200:
        raise Wrong(f"status {answer.status}")
      number, heard = 1, time.monotonic()
      while not client.over.is_set():
        try:
          line = answer.readline()
        except (http.client.HTTPException, ConnectionError) as error:
          return client.contract.lost(client.name, heard, time.monotonic(), repr(error))
        if not line:
          # At the end of a drain, and then between two events.
          return client.contract.count("event streams ended by a drain")
        event = re.fullmatch(rb"data: (\d+) (\d+)\n", line)
        if not event or int(event[1]) != number or answer.readline() != b"\n":
          raise Wrong(f"{line!r} instead of event {number}")
        # When it was made: it may have lain here while its maker died.
        number, heard = number + 1, time.monotonic() - time.time() + int(event[2]) / 1000
        client.contract.count("events")

  return round


def web_socket(port: int) -> Callable[[Client], None]:
  def round(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=90) as connection:
      reader = connection.makefile("rb")
      key = base64.b64encode(client.chance.randbytes(16)).decode()
      connection.sendall(
        f"GET /socket HTTP/1.1\r\nHost: soak\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
      try:
        status = reader.readline()
        fields = list(iter(reader.readline, b"\r\n")) if status else []
      except ConnectionError as error:
        raise Broken(repr(error)) from error
      if not status or b" 502 " in status:
        raise Broken(repr(status))
      accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
      if b" 101 " not in status or not any(accept in field for field in fields):
        raise Wrong(f"{status!r} {fields!r}")
      heard = time.monotonic()
      while not client.over.is_set():
        asked = time.monotonic()
        try:
          going = talk(client, connection, reader)
        except (Broken, ConnectionError) as error:
          return client.contract.lost(client.name, heard, time.monotonic(), repr(error))
        if not going:
          return client.contract.count("WebSockets closed with 1001")
        heard = asked
        client.over.wait(0.1)

  return round


def talk(client: Client, connection: socket.socket, reader) -> bool:
  """One echo. False when the other side has closed as it should."""
  text, mask = client.chance.randbytes(client.chance.randrange(1, 126)), client.chance.randbytes(4)
  masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(text))
  connection.sendall(bytes([0x82, 0x80 | len(text)]) + mask + masked)
  head = reader.read(2)
  got = reader.read(head[1]) if len(head) == 2 else b""
  if len(head) < 2 or len(got) < head[1]:
    raise Broken("closed without a word")
  if head[0] == 0x88:
    if got[:2] != (1001).to_bytes(2, "big"):
      raise Wrong(f"closed with {got!r}")
    return False
  if head[0] != 0x82 or got != text:
    raise Wrong(f"{head!r} {got!r} instead of {text!r}")
  client.contract.count("WebSocket echoes")
  return True


def api_pages(port: int, token: str) -> Callable[[Client], None]:
  """The manager does not die: nothing of its own may fail."""
  headers = {"Authorization": f"Bearer {token}"}

  def get(path: str) -> bytes:
    with request(port, "GET", path, headers=headers) as answer:
      text = answer.read()
      if answer.status != 200:
        raise Wrong(f"{answer.status} for {path}: {text[:200]!r}")
      return text

  def round(client: Client) -> None:
    try:
      items = json.loads(get(f"/api/deployments?limit={client.chance.randrange(1, 50)}"))["items"]
      numbers = [item["id"] for item in items]
      if not numbers or numbers != sorted(set(numbers), reverse=True):
        raise Wrong(f"a page of deployments {numbers}")
      if json.loads(get("/api/projects/main/status"))["project"] != "main":
        raise Wrong("the status of another project")
      if b"# TYPE " not in get("/metrics") or not json.loads(get("/api/projects/main/releases"))["items"]:
        raise Wrong("metrics without figures, or no release")
      get("/api/webhooks/deliveries?limit=20")
      client.contract.count("pages of the API", 5)
    except Broken as error:
      raise Wrong(f"lost: {error}") from error
    client.over.wait(0.3)

  return round


def deployment_stream(port: int, token: str) -> Callable[[Client], None]:
  """That of the newest deployment to its end."""
  headers = {"Authorization": f"Bearer {token}"}

  def round(client: Client) -> None:
    try:
      with request(port, "GET", "/api/deployments?limit=1", headers=headers) as answer:
        number = json.loads(answer.read())["items"][0]["id"]
      with request(port, "GET", f"/api/deployments/{number}/stream", headers=headers) as answer:
        lines = [line for line in answer.read().split(b"\n") if line.startswith(b"data:")]
      # A row without a log, as of a rollback, has no stream.
      if answer.status != 204 and (answer.status != 200 or json.loads(lines[-1][5:])["type"] != "end"):
        raise Wrong(f"{answer.status}, the last line of deployment {number} is {lines[-1:]}")
    except (Broken, http.client.HTTPException, ConnectionError) as error:
      raise Wrong(f"lost: {error!r}") from error
    client.contract.count("streams of deployments")
    client.over.wait(0.3)

  return round
