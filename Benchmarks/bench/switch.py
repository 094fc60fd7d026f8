"""A new release under a load of 2,000 requests a second at random moments over 32 keep-alive connections, counted
from the moment when each is due, however long it had to wait for a free connection. What is refused, reset, answered with
another status than 200, or not at all within ten seconds of the load's end, has failed; an answer that comes more than
100 ms after its request was due is late. 2,000 of either are a second of failed or late requests. The app is a Bun server
that waits for what is in flight when SIGTERM comes, and tells in each answer which release it is.

Four ways to bring a commit live, which take turns: Bascule, which starts the new release beside the old one; Bascule with
HANDOFF=in-place; the simple script: `mkdir`, `git clone`, `bun install`, `bun run build`, `ln`, `kill`, `sleep 1`,
`bun start`, its clients on the app's own port; and HAProxy with two servers: the same build, the new app on the
other port, a probe each 25 ms, `set server … state ready` and `drain` over the runtime API, and SIGTERM to the old
app when HAProxy says that it has no session left.

The time of the healthy probe is when the new app began to answer it, by its own clock. The second around it is what
is held against the steady second before the deployment.
"""

import contextlib
import subprocess
import time
from pathlib import Path
from statistics import median

import commands
import process
import switch_ways
from generator import GRACE, Load
from report import Figure, rounds, spread
from switch_ways import Way

RATE, CONNECTIONS, LATE = 2000, 32, 0.1
BEFORE = 1.2
WAYS = {switch_ways.Beside: 10, switch_ways.InPlace: 5, switch_ways.HAProxy: 10, switch_ways.Script: 3}


class Run:
  """What the requests of one deployment met, in seconds on the clock of the load."""

  def __init__(self, record: Path, triggered: float, release: int, healthy: float | None):
    rows = [line.split() for line in record.read_text().splitlines()]
    self.requests = [(int(due) / 1e9, int(done) / 1e9, int(status), int(by)) for due, done, status, by in rows]
    self.triggered, self.healthy = triggered, healthy
    self.first = min(
      (done for _, done, status, by in self.requests if status == 200 and by == release), default=None)
    if self.first is None:
      raise SystemExit(f"Release {release} answered nothing.")
    self.stale = sum(1 for due, _, status, by in self.requests if status == 200 and due > self.first and by != release)
    self.failed = sum(1 for *_, status, _ in self.requests if status != 200)
    self.late = sum(1 for due, done, status, _ in self.requests if status == 200 and done - due > LATE)
    self.lost = (self.failed + self.late) / RATE
    self.longest = max(done - due for due, done, status, _ in self.requests if status == 200)

  def took(self, start: float, end: float) -> list[float]:
    return [done - due for due, done, status, _ in self.requests if status == 200 and start <= due < end]

  @property
  def steady(self) -> list[float]:
    return self.took(self.triggered - 1, self.triggered)

  @property
  def around(self) -> list[float]:
    return self.took(self.healthy - 0.5, self.healthy + 0.5)


def measure(scratch: Path) -> list[Figure]:
  load = Load(scratch)
  runs: dict[Way, list[Run]] = {}
  with contextlib.ExitStack() as stack:
    for kind in WAYS:
      folder = scratch / kind.__name__
      folder.mkdir()
      runs[stack.enter_context(contextlib.closing(kind(folder)))] = []
    for number in range(rounds(max(WAYS.values()))):
      for way, its in runs.items():
        # What fails so plainly needs no ten times.
        if number < WAYS[type(way)]:
          its.append(deploy(way, load, way.folder / "record"))
  figures = [figure for way, its in runs.items() for figure in tell(way, its)]
  lost = {type(way): median(run.lost for run in its) for way, its in runs.items()}
  return figures + [
    Figure(f"{kind.name} : script, seconds of requests failed or late", lost[kind] / lost[switch_ways.Script])
    for kind in WAYS if kind is not switch_ways.Script]


def deploy(way: Way, load: Load, record: Path) -> Run:
  way.settle()
  # The load's clock is the monotonic one, the app's is not.
  difference = time.time() - time.monotonic()
  seconds = BEFORE + way.seconds
  command = load.command("paced", way.port, rate=RATE, connections=CONNECTIONS, seconds=seconds, record=record)
  commands.show(command)
  with process.child(command, stdout=subprocess.DEVNULL) as running:
    time.sleep(BEFORE)
    triggered = time.monotonic()
    release = way.deploy()
    process.finish(running, seconds + GRACE)
    if running.returncode != 0:
      raise SystemExit("The load ended early.")
  healthy = way.healthy(release)
  return Run(record, triggered, release, None if healthy is None else healthy - difference)


def tell(way: Way, runs: list[Run]) -> list[Figure]:
  name, ours = way.name, way.ours
  figures = [
    Figure(f"{name}: requests failed, of {sum(len(run.requests) for run in runs)}",
      sum(run.failed for run in runs), "", 0 if ours else None),
    Figure(f"{name}: requests late", sum(run.late for run in runs)),
    Figure(f"{name}: seconds of requests failed or late, each time, median", median(run.lost for run in runs), "s"),
    Figure(f"{name}: longest answer, median", median(run.longest for run in runs) * 1e3, "ms"),
    Figure(f"{name}: answered by the old one after the new one's first", sum(run.stale for run in runs), "",
      0 if ours else None),
  ]
  if not way.probes:
    return figures
  figures += spread(
    f"{name}: healthy probe to first answer of the new one", [(run.first - run.healthy) * 1e3 for run in runs], "ms",
    5 if way.beside and ours else None)
  if not way.beside:
    return figures
  steady = [took for run in runs for took in run.steady]
  around = [took for run in runs for took in run.around]
  return figures + [
    Figure(f"{name}: 99th percentile, steady", percentile(steady) * 1e3, "ms"),
    Figure(f"{name}: 99th percentile, the second around the switch", percentile(around) * 1e3, "ms"),
    Figure(f"{name}: around the switch : steady", percentile(around) / percentile(steady), "", 2 if ours else None),
  ]


def percentile(values: list[float]) -> float:
  return sorted(values)[len(values) * 99 // 100]
