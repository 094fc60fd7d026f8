"""`touch releases/RELOAD` to SIGTERM received: from just before the file is made to the return of sigwait(3) in
the app, both on the monotonic clock; so the app's own wake-up is part of it. With HANDOFF=in-place: beside, the old app
gets its SIGTERM only when the new one has taken over and is not going to be taken back. The next RELOAD is made when the
last is answered in RELOAD.result and the app serves again. In the same rounds `kill`, as a script says it, to the same
app on its own: what a SIGTERM costs that nobody decides about."""

import os
import subprocess
import sys
import time
from pathlib import Path

import commands
import process
from manager import Manager, free_port
from report import Figure, ratio, rounds, spread
from repository import Repository

APP = Path(__file__).parents[1] / "apps/sigterm.py"


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", {"readme": "An app.\n"})
  arrival = scratch / "arrival"
  command = f"{sys.executable} -I {APP} {arrival}"
  wall, cpu, killed = [], [], []
  with Manager(scratch, repository.path, START_COMMAND=command, HANDOFF="in-place") as manager:
    reload, result = manager.root / "releases/RELOAD", manager.root / "releases/RELOAD.result"
    for _ in range(rounds(100)):
      result.unlink(missing_ok=True)
      arrival.unlink(missing_ok=True)
      time.sleep(0.03)
      before = process.cpu_seconds(manager.pid)
      commands.show("touch releases/RELOAD")
      touched = time.monotonic_ns()
      os.close(os.open(reload, os.O_WRONLY | os.O_CREAT, 0o644))
      process.wait_for_file(result, 30)
      cpu.append((process.cpu_seconds(manager.pid) - before) * 1e3)
      wall.append((int(arrival.read_text()) - touched) / 1e6)
      killed.append(kill(command, arrival))
  return [
    *spread("RELOAD touched to SIGTERM in the app", wall, "ms", 2),
    *spread("CPU of a whole RELOAD, probe and answer included", cpu, "ms")[:1],
    *spread("kill to SIGTERM in the app", killed, "ms"),
    Figure("bascule : kill", ratio(wall, killed)),
  ]


def kill(command: str, arrival: Path) -> float:
  """Milliseconds."""
  arrival.unlink(missing_ok=True)
  port = free_port()
  app = subprocess.Popen(command.split(), env={**os.environ, "PORT": str(port)})
  process.wait_for_port(port)
  killing = ["sh", "-c", f"kill {app.pid}"]
  commands.show(killing)
  began = time.monotonic_ns()
  subprocess.run(killing, check=True)
  app.wait(20)
  return (int(arrival.read_text()) - began) / 1e6
