"""From just before `posix_spawn` of `bascule run`, with a release on disk, to the moment its child is seen to
be running another program than bascule, which is the app's: a loop reads `/proc/PID/task/PID/children` and the
child's `exe` without a pause. The page cache is warm."""

import time
from pathlib import Path

import process
from manager import BINARY, Manager
from report import Figure, rounds, spread
from repository import SMALL_APP, Repository


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  manager = Manager(scratch, repository.path)
  with manager:
    pass
  wall, cpu = [], []
  for _ in range(rounds(40)):
    started = time.monotonic()
    manager.start()
    seen = app_started(manager.pid, deadline=started + 20)
    cpu.append(process.cpu_seconds(manager.pid) * 1e3)
    wall.append((seen - started) * 1e3)
    try:
      manager.wait_until_live()
    finally:
      manager.stop()
  return spread("exec of bascule to the app spawned", wall, "ms", 30) + spread("its CPU time", cpu, "ms")[:1]


def app_started(pid: int, deadline: float) -> float:
  while time.monotonic() < deadline:
    for child in process.children(pid):
      program = process.program(child)
      if program and program != BINARY:
        return time.monotonic()
  raise SystemExit("The app was not started within twenty seconds.")
