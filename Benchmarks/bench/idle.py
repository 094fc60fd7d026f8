"""The manager with one live release and nothing to do, three seconds after it was restarted with that release:
`/proc/PID/smaps_rollup`, its threads and descriptors, and the CPU time of five further seconds. In the same rounds the
same app under `bascule init`, tini and dumb-init, which do a small part of the manager's work: three seconds after
their start, and two further seconds. PSS divides what is shared by those who share it: tini and dumb-init share the C
library with the whole machine, Bascule shares nothing."""

import time
from pathlib import Path
from statistics import median

import inits
import process
from manager import Manager, free_port
from report import Figure, rounds
from repository import SMALL_APP, Repository


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  with Manager(scratch, repository.path):
    pass
  taken: dict[str, list[dict[str, float]]] = {}
  for _ in range(rounds(3)):
    with Manager(scratch, repository.path) as manager:
      taken.setdefault("bascule", []).append(look(manager.pid, 5))
    for name in inits.INITS:
      port = free_port()
      with inits.started(name, repository.path, port, scratch / "stamp") as pid:
        process.wait_for_port(port)
        taken.setdefault(name, []).append(look(pid, 2))
  middle = {name: {key: median(one[key] for one in all) for key in all[0]} for name, all in taken.items()}
  ours = middle.pop("bascule")
  figures = [
    Figure("PSS", ours["Pss"], "MiB", 12),
    Figure("of it program text and constants", ours["Pss"] - ours["Anonymous"], "MiB"),
    Figure("anonymous", ours["Anonymous"], "MiB", 3),
    Figure("threads", ours["threads"], "", 4),
    Figure("descriptors", ours["descriptors"]),
    Figure("CPU of an idle second", ours["second"], "µs"),
  ]
  for name, its in middle.items():
    figures += [
      Figure(f"PSS of {name}", its["Pss"], "MiB"),
      Figure(f"anonymous, {name}", its["Anonymous"], "MiB"),
      Figure(f"CPU of an idle second, {name}", its["second"], "µs"),
    ]
  return figures


def look(pid: int, seconds: float) -> dict[str, float]:
  time.sleep(3)
  seen = {**process.memory(pid), "threads": process.threads(pid), "descriptors": process.descriptors(pid)}
  before = process.cpu_seconds(pid)
  time.sleep(seconds)
  return {**seen, "second": (process.cpu_seconds(pid) - before) / seconds * 1e6}
