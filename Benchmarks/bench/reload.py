"""`touch releases/RELOAD` to SIGTERM received: from just before the file is made to the return of sigwait(3) in
the app, both on the monotonic clock; so the app's own wake-up is part of it. The next RELOAD is made when the
last is answered in RELOAD.result and the app serves again."""

import os
import sys
import time
from pathlib import Path

import process
from manager import Manager
from report import Figure, rounds, spread
from repository import Repository

APP = Path(__file__).parents[1] / "apps/sigterm.py"


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", {"readme": "An app.\n"})
  arrival = scratch / "arrival"
  command = f"{sys.executable} -I {APP} {arrival}"
  wall, cpu = [], []
  with Manager(scratch, repository.path, START_COMMAND=command) as manager:
    reload, result = manager.root / "releases/RELOAD", manager.root / "releases/RELOAD.result"
    for _ in range(rounds(100)):
      result.unlink(missing_ok=True)
      arrival.unlink(missing_ok=True)
      time.sleep(0.03)
      before = process.cpu_seconds(manager.pid)
      touched = time.monotonic_ns()
      os.close(os.open(reload, os.O_WRONLY | os.O_CREAT, 0o644))
      wait_for(result)
      cpu.append((process.cpu_seconds(manager.pid) - before) * 1e3)
      wall.append((int(arrival.read_text()) - touched) / 1e6)
  return spread("RELOAD touched to SIGTERM in the app", wall, "ms", 2) + spread(
    "CPU of a whole RELOAD, probe and answer included", cpu, "ms")[:1]


def wait_for(file: Path) -> None:
  deadline = time.monotonic() + 30
  while not file.exists():
    if time.monotonic() > deadline:
      raise SystemExit(f"There was no {file.name} within thirty seconds.")
    time.sleep(0.005)
