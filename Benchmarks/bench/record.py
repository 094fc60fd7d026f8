"""What the record costs. A page of it out of 100,000 deployments, asked of the API over one kept connection. 1,000
readers of one deployment's stream at 100 events a second, the manager's CPU time over five seconds of it. The CPU
time of the manager alone in a deployment that changes nothing: it is one thread that waits for no disk, so all
recording together takes less of the wall clock than this.
"""

import json
import selectors
import socket
import time
from pathlib import Path
from statistics import median

import history
import process
from manager import ControlPort, Manager
from report import Figure, rounds
from repository import SMALL_APP, Repository

DEPLOYMENTS = 100_000
READERS, EVENTS, SECONDS = 1000, 100, 5


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  with Manager(scratch, repository.path) as manager:
    figures = overhead(manager)
  history.fill(manager, DEPLOYMENTS)
  with Manager(scratch, repository.path, KEEP_DEPLOYMENTS=str(2 * DEPLOYMENTS)) as manager:
    figures += pages(manager)
  figures += readers(scratch / "readers")
  return figures


def overhead(manager: Manager) -> list[Figure]:
  spent = []
  for _ in range(rounds(10)):
    manager.wait_until_idle()
    before = process.cpu_seconds(manager.pid)
    manager.deploy()
    spent.append(process.cpu_seconds(manager.pid) - before)
  return [Figure("CPU of the manager in a deployment that changes nothing, median", median(spent) * 1e3, "ms", 20)]


# ── pages


def pages(manager: Manager) -> list[Figure]:
  control = ControlPort(manager)
  figures = []
  queries = {
    "newest": "limit=50", "from the middle": f"limit=50&before={DEPLOYMENTS // 2}",
    "of a project and a state": f"limit=50&slug=main&status=failed&before={DEPLOYMENTS // 2}",
    "of a state that none is in": "limit=50&status=interrupted",
  }
  for name, query in queries.items():
    took = []
    for _ in range(rounds(200)):
      started = time.monotonic()
      control.get(f"/api/deployments?{query}")
      took.append(time.monotonic() - started)
    figures.append(Figure(f"a page of {DEPLOYMENTS} deployments, {name}, median", median(took) * 1e3, "ms", 5))
  control.close()
  return figures


# ── readers


def readers(scratch: Path) -> list[Figure]:
  scratch.mkdir()
  lines = EVENTS * (SECONDS + 12)
  app = dict(SMALL_APP)
  manifest = json.loads(app["package.json"])
  manifest["scripts"]["build"] = (
    f'test -e "$HOME/talk" || exit 0; i=0; while [ $i -lt {lines} ]; do echo "line $i"; i=$((i + 1)); '
    f"sleep {1 / EVENTS - 0.002:.4f}; done")
  app["package.json"] = json.dumps(manifest)
  repository = Repository(scratch / "repository", app)
  with Manager(scratch, repository.path) as manager:
    (scratch / "home/talk").touch()
    headers = f"Authorization: Bearer {manager.token()}"
    number = manager.ask("POST", "/api/projects/main/deploy", {"force": True})["deployment"]
    with Audience(manager.control_port, f"/api/deployments/{number}/stream", headers) as audience:
      audience.listen(3)
      before, heard, started = process.cpu_seconds(manager.pid), audience.received, time.monotonic()
      audience.listen(SECONDS)
      wall = time.monotonic() - started
      spent = process.cpu_seconds(manager.pid) - before
      heard = audience.received - heard
    manager.ask("POST", f"/api/deployments/{number}/cancel", {})
    manager.wait_until_idle()
  return [
    Figure(f"{READERS} readers: events a second, each", heard / READERS / wall, "/s"),
    Figure(f"{READERS} readers: CPU of the manager", spent / wall, "cores", 0.5),
  ]


class Audience:
  """Connections that read and count events."""

  def __init__(self, port: int, path: str, header: str):
    self.selector = selectors.DefaultSelector()
    self.received = 0
    self.connections = []
    for _ in range(READERS):
      connection = socket.create_connection(("127.0.0.1", port), timeout=30)
      connection.sendall(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{header}\r\n\r\n".encode())
      connection.setblocking(False)
      self.selector.register(connection, selectors.EVENT_READ)
      self.connections.append(connection)

  def listen(self, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
      for key, _ in self.selector.select(0.1):
        received = key.fileobj.recv(262144)
        if not received:
          raise SystemExit("A reader was dropped.")
        self.received += received.count(b"\ndata: ")

  def __enter__(self) -> "Audience":
    return self

  def __exit__(self, *_) -> None:
    for connection in self.connections:
      connection.close()
    self.selector.close()
