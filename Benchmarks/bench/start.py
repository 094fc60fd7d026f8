"""From the exec of `bascule run`, with a release on disk, to the moment a child of it is seen to be running `bun`, which
is the app. A shell writes down the first on its way to exec; a loop that reads `/proc/PID/task/PID/children` and the
children's `exe` without a pause tells the second. The page cache is warm."""

import time
from pathlib import Path

import process
from manager import Manager
from report import Figure, rounds, spread
from repository import SMALL_APP, Repository


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  manager = Manager(scratch, repository.path)
  with manager:
    pass
  wall, cpu = [], []
  for _ in range(rounds(40)):
    manager.start()
    try:
      seen = app_started(manager.pid)
      cpu.append(process.cpu_seconds(manager.pid) * 1e3)
      wall.append((seen - float(manager.stamp.read_text())) * 1e3)
      manager.wait_until_live()
    finally:
      manager.stop()
  return spread("exec of bascule to the app spawned", wall, "ms", 30) + spread("its CPU time", cpu, "ms")[:1]


def app_started(pid: int) -> float:
  deadline = time.time() + 20
  while time.time() < deadline:
    for child in process.children(pid):
      if Path(process.program(child)).name == "bun":
        return time.time()
  raise SystemExit("The app was not started within twenty seconds.")
