"""What the record costs. A page of it out of 100,000 deployments, asked of the API over one kept connection. 1,000
readers of one deployment's stream at 100 events a second, the manager's CPU time over five seconds of it. The CPU
time of the manager alone in a deployment that changes nothing: it is one thread that waits for no disk, so all
recording together takes less of the wall clock than this.
"""

import http.client
import json
import selectors
import socket
import sqlite3
import subprocess
import time
from pathlib import Path
from statistics import median

import process
from manager import BINARY, Manager
from report import Figure, rounds
from repository import SMALL_APP, Repository

DEPLOYMENTS = 100_000
READERS, EVENTS, SECONDS = 1000, 100, 5


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  with Manager(scratch, repository.path) as manager:
    figures = overhead(manager)
  fill(manager.root / "shared/bascule.db")
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


def fill(path: Path) -> None:
  database = sqlite3.connect(path)
  states = ["success", "failed", "superseded", "canceled"]
  rows = (
    ("main", states[number % 4], "fast", "push", "ada", "main", f"{number:040x}", "Ada", f"Change {number}", number, 0,
      1_700_000_000_000 + number, 1_700_000_000_000 + number, 1_700_000_001_000 + number, "[]", 0)
    for number in range(DEPLOYMENTS)
  )
  database.executemany(
    """INSERT INTO deployments (project, state, mode, "trigger", actor, ref, "commit", author, message, "release", forced,
    queued_at, started_at, finished_at, phases, exit_code) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
    rows)
  database.commit()
  database.close()


def pages(manager: Manager) -> list[Figure]:
  headers = {"Authorization": f"Bearer {token(manager)}"}
  connection = http.client.HTTPConnection("127.0.0.1", manager.control_port, timeout=60)
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
      connection.request("GET", f"/api/deployments?{query}", headers=headers)
      response = connection.getresponse()
      body = response.read()
      took.append(time.monotonic() - started)
      if response.status != 200:
        raise SystemExit(f"The page was answered with {response.status}: {body[:200]}")
    took.sort()
    figures.append(Figure(f"a page of {DEPLOYMENTS} deployments, {name}, median", median(took) * 1e3, "ms", 5))
  connection.close()
  return figures


def token(manager: Manager) -> str:
  command = [BINARY, "token", "--sub", "bench", "--admin"]
  return subprocess.run(
    command, env={"APP_ROOT": str(manager.root)}, check=True, capture_output=True, text=True).stdout.strip()


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
    headers = f"Authorization: Bearer {token(manager)}"
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
