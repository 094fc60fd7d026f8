"""Twenty minutes (BENCH_SOAK: seconds; fewer are not recorded) of everything at once: requests through the front at
random moments, new connections and kept ones, small bodies and large; echoes, WebSockets, event streams; pages and
streams of the API; and meanwhile, at moments that come from a seed (BENCH_SEED), deployments by signed webhook,
builds that fail, releases that answer 500, RELOADs, rollbacks, `kill -9` of the app and apps that exit; each of
these once in an order of the seed's, and then at random. Every answer's status, length and bytes are looked at. What
is counted is held against a minimum, so that a soak in which something never happened does not pass for a good one.

An answer may fail in these cases alone, and those are counted: it was under way while the app's process died, between
the signal and the process's end, and came as 502 or was cut off; or it is a 500 that the app made because it was told
to, and says so. A WebSocket may be closed with 1001, and an event stream end between two events, when a release is
drained.

Looked at once a second from outside. Slopes are those of the second half, least squares through the least of each ten
seconds: what a deployment takes for a moment is not growth. 50 deployments are kept, so that the history reaches its
size within the run; disk is that of APP_ROOT without the mirror, to which pushes add, and the payloads of deliveries,
a ring of 64 MiB. Bounds are those of a long run; half a MiB within the second half is always free. Red marks are deaths of the app.

![memory, descriptors, threads, children, zombies and disk over the soak](soak.svg)
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import process
import soak_plot
from generator import GRACE, LARGE, SMALL, Load
from manager import Manager
from report import RECORDING, Figure
from repository import Repository
from soak_clients import (
  Client, Contract, api_pages, deployment_stream, echoes, event_stream, web_socket,
)
from soak_samples import Sampler, descriptors_by_name, growth
from soak_troubles import PLAN, Troubles, app

SECONDS = 1200
LENGTH = int(os.environ.get("BENCH_SOAK", SECONDS))
# Why this one is only looked at: slopes of a short one say less, and would stand in the record as those of a long one.
UNRECORDED = f"BENCH_SOAK is {LENGTH}, and a whole soak has {SECONDS} seconds" if LENGTH < SECONDS else ""
# A sanitizer in the manager has memory and a thread of its own: bounds of these say nothing then.
SANITIZED = bool(os.environ.get("BENCH_SANITIZED"))
WARM = 15
# What the clients count. None of it may be missing: what did not happen has not gone well either.
SEEN = [
  "500 that the app was told to make", "WebSocket echoes", "WebSockets closed with 1001", "echoes",
  "event streams ended by a drain", "events", "pages of the API", "streams of deployments",
]
LOADS = {
  "small": {"path": "/small", "body": SMALL, "rate": 100, "connections": 16},
  "on new connections": {"path": "/small", "body": SMALL, "rate": 15, "connections": 8, "fresh": 1},
  "of 1 MiB": {"path": "/large", "body": LARGE, "rate": 3, "connections": 4},
}
SETTINGS = {
  "START_COMMAND": "bun index.ts", "KEEP_DEPLOYMENTS": "50", "DRAIN_TIMEOUT": "3", "WATCH_TIME": "1",
  "HOLD_TIMEOUT": "60",
}


def measure(scratch: Path) -> list[Figure]:
  plot = Path(__file__).parents[1] if RECORDING and not UNRECORDED else scratch
  return soak(scratch, LENGTH, plot / "soak.svg")


def soak(scratch: Path, seconds: int, plot: Path) -> list[Figure]:
  seed = int(os.environ.get("BENCH_SEED", time.time_ns() % 1_000_000))
  print(f"  {seconds} s, BENCH_SEED={seed}", flush=True)
  repository = Repository(scratch / "repository", app(0))
  contract = Contract()
  with Manager(scratch, repository.path, **SETTINGS) as manager:
    troubles = Troubles(manager, repository, contract, seed)
    # What is made once and kept is not growth.
    with Traffic(scratch, manager, contract, WARM):
      for _ in range(3):
        troubles.push(0)
        manager.wait_until_idle()
    contract.counts.clear()
    before = quiet(manager, None)
    sampler = Sampler(manager)
    sampler.start()
    with Traffic(scratch, manager, contract, seconds):
      troubles.make_until(time.monotonic() + seconds)
    sampler.end()
    troubles.push(0)
    manager.wait_until_live()
    after = quiet(manager, before)
    newest = manager.ask("GET", "/api/deployments?limit=1")["items"][0]["id"]
  deaths = [first - sampler.began for first, _ in contract.deaths]
  title = f"{seconds // 60} min, {newest} deployments, {len(deaths)} deaths of the app, seed {seed}"
  soak_plot.write(plot, title, sampler.samples, deaths)
  return tell(contract, troubles, sampler, newest, after - before)


class Traffic:
  """All clients, as long as the block, whose end is when the loads have ended by themselves."""

  def __init__(self, scratch: Path, manager: Manager, contract: Contract, seconds: float):
    self.contract, self.over = contract, threading.Event()
    load, token = Load(scratch), manager.token()
    self.loads, self.processes = {}, contextlib.ExitStack()
    self.deadline = time.monotonic() + seconds + GRACE
    for name, options in LOADS.items():
      record = scratch / f"record of {name}"
      command = load.command("paced", manager.port, seconds=seconds, record=record, **options)
      running = process.child(command, stdout=subprocess.PIPE, text=True)
      self.loads[name] = (self.processes.enter_context(running), record)
    rounds = {
      "echo": echoes(manager.port), "event stream": event_stream(manager.port), "WebSocket": web_socket(manager.port),
      "API": api_pages(manager.control_port, token), "deployment stream": deployment_stream(manager.control_port, token),
    }
    self.clients = [
      Client(name, contract, self.over, round) for name, round in rounds.items()
      for _ in range(1 if name in ("API", "deployment stream") else 3)
    ]

  def __enter__(self) -> "Traffic":
    return self

  def __exit__(self, trouble: type[BaseException] | None, *_) -> None:
    try:
      # What has gone wrong already is not to wait for them.
      with self.processes:
        for name, (load, record) in self.loads.items() if trouble is None else ():
          self.take(name, load, record)
    finally:
      self.over.set()
    for client in self.clients:
      client.join(100)
      if client.is_alive():
        self.contract.failed(f"{client.name} hangs")

  def take(self, name: str, load: subprocess.Popen, record: Path) -> None:
    output = process.finish(load, max(1, self.deadline - time.monotonic()))[0]
    if load.returncode != 0:
      raise SystemExit("The load ended early.")
    recorded = 0
    with record.open() as lines:
      for line in lines:
        due, done, status, release = map(int, line.split())
        if status == 200 and release > 0:
          self.contract.count("answers")
          continue
        recorded += 1
        if status == 500 and release < 0:
          self.contract.count("500 that the app was told to make")
        elif status in (0, 502):
          self.contract.lost(f"request {name}", due / 1e9, done / 1e9, f"status {status}")
        else:
          self.contract.failed(f"request {name}: status {status} of release {release}")
    result = json.loads(output)
    if result["failed"] != recorded:
      self.contract.failed(f"requests {name}: {result['failed']} failed, {recorded} on record: {result['first_failure']}")


def quiet(manager: Manager, before) -> object:
  """Its descriptors by name when nothing is under way; given those of before, when they are as few again."""
  deadline = time.monotonic() + 60
  while True:
    now = descriptors_by_name(manager.pid)
    busy = manager.status()["current"] or len(process.children(manager.pid)) != 1 or (before and now - before)
    if not busy or time.monotonic() > deadline:
      return now
    time.sleep(0.2)


def tell(
  contract: Contract, troubles: Troubles, sampler: Sampler, deployments: int, left: object
) -> list[Figure]:
  samples = sampler.samples
  excused = contract.judge()
  for failure in contract.failures[:20]:
    print(f"  failed: {failure}")
  if left:
    print(f"  descriptors more than before: {dict(left)}")
  hour, thousand = 3600, 1000 * samples[-1]["at"] / deployments
  memory = growth(samples, "anonymous")

  def bound(rate: float) -> float:
    """Where the second half is too short for less, what half a MiB in it would be."""
    return max(rate, round(hour / samples[-1]["at"]))

  def unless_sanitized(at_most: float) -> float | None:
    return None if SANITIZED else at_most

  counts = contract.counts
  return [
    Figure("seconds", samples[-1]["at"], "s"),
    # Each push is one of its own, also when another supersedes it.
    Figure("deployments", deployments, at_least=troubles.number),
    *(Figure(f"meanwhile: {kind}", troubles.made[kind], at_least=1) for kind in sorted(PLAN)),
    Figure("requests of the load answered right", counts["answers"], at_least=1),
    *(Figure(name, counts[name], at_least=1) for name in SEEN),
    Figure("deaths of the app", len(contract.deaths), at_least=1),
    *(Figure(f"lost in them: {what}", count) for what, count in sorted(excused.items())),
    Figure("answers that failed otherwise", len(contract.failures), "", 0),
    Figure("anonymous memory at the end", min(sample["anonymous"] for sample in samples[-10:]), "MiB"),
    Figure("anonymous memory, growth", memory * hour, "MiB/h", unless_sanitized(bound(4))),
    Figure("anonymous memory, growth by 1000 deployments", memory * thousand, "MiB"),
    Figure("resident memory, growth", growth(samples, "rss") * hour, "MiB/h", unless_sanitized(bound(4))),
    Figure("descriptors, growth", growth(samples, "descriptors") * hour, "/h"),
    Figure("descriptors afterwards, more than before", sum(left.values()), "", 0),
    Figure("threads at most", max(sample["threads"] for sample in samples), "", unless_sanitized(4)),
    Figure("zombies that were not reaped within a second", len(sampler.zombies), "", 0),
    Figure("children at most", max(sample["children"] for sample in samples)),
    Figure("disk, growth", growth(samples, "disk") * hour, "MiB/h", bound(4)),
    Figure("history on disk, growth", growth(samples, "history") * hour, "MiB/h", bound(4)),
  ]


def main() -> int:
  """`soak.py FOLDER`: the same without a report, and without success when a bound is missed."""
  folder = Path(sys.argv[1])
  figures = soak(folder, int(os.environ["BENCH_SOAK"]), folder / "soak.svg")
  for figure in figures:
    print(f"  {figure.name:<64} {figure.measured:>12}  {figure.target} {figure.verdict}")
  return any(figure.missed for figure in figures)


if __name__ == "__main__":
  sys.exit(main())
