"""Signed pushes of 10 KiB, each a delivery and a commit of its own on top of what is live, while a deployment
runs: each is verified, written down, answered with 202 and supersedes the one that waited. Beside it in the
same rounds Debian's `webhook` package, with an HMAC-SHA256 rule and /bin/true as its command. The CPU time is
that of the server process alone, divided by the requests; what webhook's commands take besides stands below it,
and is not in the ratio. Eight connections at once, of a load that looks at every answer's status and body. Ratios are
medians of the ratios within a round. After that each gets 15,000 triggers in a row, over new connections, and its
resident memory before and after is compared."""

import json
from pathlib import Path
from statistics import median

import load
import process
import push
from manager import SECRET, Manager, free_port
from report import Figure, ratio, rounds
from repository import SMALL_APP, Repository

BATCH = 1000
STORM = 15_000
LATENCY_LIMIT = 100


class Bascule:
  """Its running deployment is held by its build for as long as the file is there."""

  path = "/deploy"
  growth = 2

  def __init__(self, manager: Manager, repository: Repository, hold: Path):
    self.manager = manager
    self.port, self.pid = manager.control_port, manager.pid
    self.before = repository.git("rev-parse", "HEAD")
    self.seen: set[int] = set()
    hold.touch()
    repository.commit({"index.ts": SMALL_APP["index.ts"] + "// held\n"})
    manager.ask("POST", "/api/projects/main/deploy", {})

  def check(self, status: int, body: bytes) -> None:
    answer = json.loads(body)
    if status != 202 or answer["status"] != "queued" or answer["deployment"] in self.seen:
      raise load.Wrong(f"bascule answered {status} {body!r}")
    self.seen.add(answer["deployment"])

  def check_ignored(self, status: int, body: bytes) -> None:
    if status != 200 or json.loads(body)["status"] != "ignored":
      raise load.Wrong(f"bascule answered {status} {body!r}")

  def kept(self) -> list[Figure]:
    size = sum(file.stat().st_size for file in (self.manager.root / "shared").glob("bascule.db*"))
    return [Figure(f"history on disk, {len(self.seen)} deployments", size / 2**20, "MiB")]


class Webhook:
  path = "/hooks/deploy"
  before = "0" * 40
  growth = None

  def __init__(self, port: int, pid: int):
    self.port, self.pid = port, pid

  @staticmethod
  def command(scratch: Path, port: int) -> list[str]:
    header = {"source": "header", "name": "X-Hub-Signature-256"}
    rule = {"match": {"type": "payload-hmac-sha256", "secret": SECRET, "parameter": header}}
    hook = {
      "id": "deploy", "execute-command": "/bin/true", "response-message": "queued", "trigger-rule": rule,
      "trigger-rule-mismatch-http-response-code": 401,
    }
    hooks = scratch / "hooks.json"
    hooks.write_text(json.dumps([hook]))
    return ["webhook", "-hooks", str(hooks), "-ip", "127.0.0.1", "-port", str(port)]

  def check(self, status: int, body: bytes) -> None:
    if status != 200 or body.strip() != b"queued":
      raise load.Wrong(f"webhook answered {status} {body!r}")

  def kept(self) -> list[Figure]:
    return []


def spent(server: Bascule | Webhook, count: int, keep_alive: bool) -> tuple[float, list[float]]:
  """µs of CPU a request, and what each took."""
  requests = push.requests(count, server.path, server.port, SECRET, server.before, keep_alive)
  before = process.cpu_seconds(server.pid)
  took = load.send(server.port, requests, keep_alive, server.check)
  return (process.cpu_seconds(server.pid) - before) / count * 1e6, took


def answered(ours: Bascule, keep_alive: bool) -> float:
  """µs of CPU a push to another branch: as carefully verified, read and answered, but nothing to write down."""
  requests = push.requests(BATCH, ours.path, ours.port, SECRET, ours.before, keep_alive, branch="next")
  before = process.cpu_seconds(ours.pid)
  load.send(ours.port, requests, keep_alive, ours.check_ignored)
  return (process.cpu_seconds(ours.pid) - before) / BATCH * 1e6


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  hold = scratch / "hold"
  build = f"while [ -e {hold} ]; do sleep 0.2; done"
  port = free_port()
  peer = process.server(Webhook.command(scratch, port), port)
  with Manager(scratch, repository.path, BUILD_COMMAND=build) as manager, peer as webhook:
    servers = Bascule(manager, repository, hold), Webhook(port, webhook.pid)
    return costs(*servers) + [figure for server in servers for figure in storm(server)]


def costs(ours: Bascule, theirs: Webhook) -> list[Figure]:
  figures, latencies = [], []
  for keep_alive, name in ((False, "a connection each"), (True, "keep-alive")):
    samples = []
    commands = process.children_cpu_seconds(theirs.pid)
    for round in range(rounds(9) + 1):
      (mine, took), (other, _) = spent(ours, BATCH, keep_alive), spent(theirs, BATCH, keep_alive)
      ignored = answered(ours, keep_alive)
      # The first round warms up.
      if round > 0:
        samples.append((mine, other, ignored))
        latencies += took
    commands = (process.children_cpu_seconds(theirs.pid) - commands) / (BATCH * (len(samples) + 1)) * 1e6
    mines, others, ignoreds = zip(*samples)
    mine, other, ignored = median(mines), median(others), median(ignoreds)
    figures += [
      Figure(f"CPU a push, bascule, {name}", mine, "µs"),
      Figure(f"CPU a push, webhook, {name}", other, "µs"),
      Figure(f"bascule : webhook, {name}", ratio(mines, others), "", 0.12),
      Figure(f"CPU a push to another branch, bascule, {name}", ignored, "µs"),
      Figure(f"bascule, another branch : webhook, {name}", ratio(ignoreds, others)),
      Figure(f"CPU a push of webhook's commands, {name}", commands, "µs"),
    ]
  slow = sorted(latencies)[len(latencies) * 99 // 100] * 1e3
  return [*figures, Figure("answered while a deployment runs, 99th percentile", slow, "ms", LATENCY_LIMIT)]


def storm(server: Bascule | Webhook) -> list[Figure]:
  """Without a pause: what a garbage collector does in one is another question."""
  name = type(server).__name__.lower()
  before = process.memory(server.pid)["Rss"]
  for _ in range(STORM // BATCH):
    spent(server, BATCH, keep_alive=False)
  after, peak = process.memory(server.pid)["Rss"], process.peak_memory(server.pid)
  return [
    Figure(f"resident before {STORM} triggers, {name}", before, "MiB"),
    Figure(f"resident at its peak, {name}", peak, "MiB"),
    Figure(f"growth over {STORM} triggers, {name}", after - before, "MiB", server.growth),
    *server.kept(),
  ]
