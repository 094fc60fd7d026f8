"""The manager with one live release and nothing to do, three seconds after it was restarted with that release:
`/proc/PID/smaps_rollup`, its threads and descriptors, and the CPU time of five further seconds. tini and
dumb-init, which do a small part of its work, stand beside it for comparison."""

import subprocess
import time
from pathlib import Path

import process
from manager import Manager
from report import Figure
from repository import SMALL_APP, Repository


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", SMALL_APP)
  with Manager(scratch, repository.path):
    pass
  with Manager(scratch, repository.path) as manager:
    time.sleep(3)
    memory = process.memory(manager.pid)
    figures = [
      Figure("PSS", memory["Pss"], "MiB", 12),
      Figure("anonymous", memory["Anonymous"], "MiB", 3),
      Figure("threads", process.threads(manager.pid), "", 4),
      Figure("descriptors", process.descriptors(manager.pid)),
    ]
    before = process.cpu_seconds(manager.pid)
    time.sleep(5)
    spent = process.cpu_seconds(manager.pid) - before
    figures.append(Figure("CPU of an idle second", spent / 5 * 1e6, "µs"))
  return figures + [Figure(f"PSS of {peer}", pss(peer), "MiB") for peer in ["tini", "dumb-init"]]


def pss(init: str) -> float:
  option = ["-s"] if init == "tini" else []
  peer = subprocess.Popen([init, *option, "--", "sleep", "60"])
  try:
    time.sleep(0.3)
    return process.memory(peer.pid)["Pss"]
  finally:
    process.stop(peer)
