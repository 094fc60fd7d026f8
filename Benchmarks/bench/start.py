"""From the exec of `bascule run`, with a release on disk, to the moment a child of it is seen to be running `bun`, which
is the app. A shell writes down the first on its way to exec; a loop that reads `/proc/PID/task/PID/children` and the
children's `exe` without a pause tells the second. The page cache is warm. In the same rounds `bascule init`, tini and
dumb-init start the same app: they have no disk to look at, no ports to open and no history to read."""

import time
from pathlib import Path

import inits
import process
from manager import Manager, free_port
from report import Figure, ratio, rounds, spread
from repository import SMALL_APP, Repository


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  manager = Manager(scratch, repository.path)
  with manager:
    pass
  walls: dict[str, list[float]] = {name: [] for name in ["bascule", *inits.INITS]}
  cpus: dict[str, list[float]] = {name: [] for name in walls}
  for _ in range(rounds(40)):
    manager.start()
    try:
      note("bascule", manager.pid, manager.stamp, walls, cpus)
      manager.wait_until_live()
    finally:
      manager.stop()
    for name in inits.INITS:
      stamp, port = scratch / "stamp", free_port()
      with inits.started(name, repository.path, port, stamp) as pid:
        note(name, pid, stamp, walls, cpus)
  figures = spread("exec of bascule to the app spawned", walls["bascule"], "ms", 30)
  figures += spread("its CPU time", cpus["bascule"], "ms")[:1]
  for name in inits.INITS:
    figures += spread(f"exec of {name} to the app spawned", walls[name], "ms")
    figures += spread(f"CPU time of {name}", cpus[name], "ms")[:1]
    figures.append(Figure(f"bascule : {name}", ratio(walls["bascule"], walls[name])))
  return figures


def note(name: str, pid: int, stamp: Path, walls: dict[str, list[float]], cpus: dict[str, list[float]]) -> None:
  process.child_running("bun", pid)
  seen = time.time()
  cpus[name].append(process.cpu_seconds(pid) * 1e3)
  walls[name].append((seen - float(stamp.read_text())) * 1e3)
