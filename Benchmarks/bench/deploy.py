"""An app with 300 source files, 100 dependencies, a lockfile and 2,000 commits is brought live, by Bascule and by the
shell: its first deployment; once more with nothing changed; with a change of three lines in five files; with another
version of one dependency. Packages come from a registry on loopback served by Bun, everything is on one file system,
the page cache is warm. The remote is a packed repository spoken to over file://, so that git sends objects as it does
over a network, only without the network; a clone of a plain path, which shares them by hard links, stands beside the
change of the source.

The shell does what a simple server does: `mkdir`, `git clone`, `bun install`, `bun run build`, `ln -sfn`; then `kill`,
`sleep 1`, `bun start`, until the app answers. It does so with Bun's cache full (which its first deployment on a machine
has from nowhere) and with an empty one. Bascule begins with nothing at its first deployment, from its exec on; later it is
measured from the trigger on its socket to `complete`, that is after the new app has answered and taken over; and up to
the end of its build by the durations of phases 1 to 3 in the deployment's record. In each round Bascule and both shells
take turns with the same commit, and the trees that they make are compared. CPU is that of everything: of the server and
its finished children, which is the old app too, with pruning and whatever is done in advance for the next one; of the
shell's commands and of the app it starts until that answers. Ratios are medians of the ratios within a round."""

import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import fixture
import process
from fixture import App
from manager import Manager
from report import Figure, ratio, rounds
from shell import Shell


@dataclass
class Times:
  """Milliseconds, a value a round. `built` is a part of `live`."""

  built: list[float] = field(default_factory=list)
  live: list[float] = field(default_factory=list)
  cpu: list[float] = field(default_factory=list)

  def add(self, built: float, live: float, cpu: float) -> None:
    self.built.append(built)
    self.live.append(live)
    self.cpu.append(cpu)


@dataclass
class Ways:
  bascule: Times = field(default_factory=Times)
  warm: Times = field(default_factory=Times)
  cold: Times = field(default_factory=Times)


CASES = ["first", "nothing changed", "source changed", "one dependency changed"]


def measure(scratch: Path) -> list[Figure]:
  cases = {name: Ways() for name in CASES}
  plain: list[float] = []
  phases: dict[str, list[float]] = {}
  with fixture.app(scratch) as app:
    warm, cold = (Shell(scratch / name, app.url) for name in ("warm", "cold"))
    try:
      # Fills the cache.
      bring_live(warm, Times())
      for number in range(rounds(5)):
        one_round(scratch / f"round-{number}", app, (warm, cold), cases, plain, phases)
    finally:
      warm.close()
      cold.close()
  figures = [figure for name, ways in cases.items() for figure in tell(name, ways)]
  figures += [Figure(f"source changed: bascule, phase {name}", median(values), "ms") for name, values in phases.items()]
  changed = cases["source changed"]
  return [
    *figures,
    Figure("source changed: shell, warm cache, clone of a plain path, built", median(plain), "ms"),
    Figure("source changed: bascule to live : shell, warm cache, plain path, built", ratio(changed.bascule.live, plain)),
    Figure("source changed: bascule built : shell, warm cache, plain path, built", ratio(changed.bascule.built, plain)),
  ]


def one_round(
  scratch: Path, app: App, shells: tuple[Shell, Shell], cases: dict[str, Ways], plain: list[float],
  phases: dict[str, list[float]],
) -> None:
  """A new volume for Bascule: only one deployment of it is the first."""
  scratch.mkdir()
  warm, cold = shells
  began = time.monotonic()
  with Manager(scratch, app.url) as manager:
    live, cpu = (time.monotonic() - began) * 1e3, spent_once_idle(manager)
    cases["first"].bascule.add(up_to_build(manager.ask("GET", "/api/deployments/1")), live, cpu)
    # For its own first one the shell has nothing to kill.
    for shell, times in ((warm, cases["first"].warm), (cold, cases["first"].cold)):
      shell.close()
      (shell.root / "pid").unlink(missing_ok=True)
      bring_live(shell, times, empty=shell is cold)
    for name, change in (
      ("nothing changed", lambda: None), ("source changed", app.push), ("one dependency changed", app.push_dependency)
    ):
      change()
      deployment = deploy(manager, cases[name].bascule)
      bring_live(warm, cases[name].warm)
      same(warm.release, manager.root / "releases" / str(deployment["release"]))
      if name == "source changed":
        for phase in deployment["phases"]:
          phases.setdefault(phase["name"], []).append(phase["durationMs"])
        plain.append(build(warm, GIT_REPO=str(app.path))[0])
      bring_live(cold, cases[name].cold, empty=True)
  # Not one more to look after for whatever is measured next.
  shutil.rmtree(scratch)


def deploy(manager: Manager, times: Times) -> dict:
  before = spent(manager)
  seconds, deployment = manager.deploy()
  times.add(up_to_build(deployment), seconds * 1e3, spent_once_idle(manager) - before)
  return deployment


def up_to_build(deployment: dict) -> float:
  return sum(phase["durationMs"] for phase in deployment["phases"][:3])


def spent(manager: Manager) -> float:
  return (process.cpu_seconds(manager.pid) + process.children_cpu_seconds(manager.pid)) * 1e3


def spent_once_idle(manager: Manager) -> float:
  manager.wait_until_idle()
  return spent(manager)


def bring_live(shell: Shell, times: Times, empty: bool = False) -> None:
  if empty:
    shell.empty_cache()
  built, cpu = build(shell)
  before, began = finished_cpu(), time.monotonic()
  shell.restart()
  wall = (time.monotonic() - began) * 1e3
  started = sum(process.cpu_seconds(pid) for pid in process.tree(shell.pid)) * 1e3
  times.add(built, built + wall, cpu + finished_cpu() - before + started)


def build(shell: Shell, **environment: str) -> tuple[float, float]:
  """By the clock, and of CPU. What it replaces is removed outside of the time."""
  old = shell.release
  before, began = finished_cpu(), time.monotonic()
  shell.build(**environment)
  taken = (time.monotonic() - began) * 1e3, finished_cpu() - before
  shutil.rmtree(old, ignore_errors=True)
  return taken


def finished_cpu() -> float:
  usage = resource.getrusage(resource.RUSAGE_CHILDREN)
  return (usage.ru_utime + usage.ru_stime) * 1e3


def tell(case: str, ways: Ways) -> list[Figure]:
  names = {"bascule": ways.bascule, "shell, warm cache": ways.warm, "shell, cold cache": ways.cold}
  ends: dict[str, Callable[[Times], list[float]]] = {
    "to live": lambda times: times.live, "built": lambda times: times.built, "CPU": lambda times: times.cpu}
  figures = [
    Figure(f"{case}: {name}, {end}", median(values(times)), "ms")
    for end, values in ends.items() for name, times in names.items()]
  ours, limits = ways.bascule, (0.45, 0.1) if case == "source changed" else (None, None)
  for shell, theirs, limit in (("warm", ways.warm, limits[0]), ("cold", ways.cold, limits[1])):
    figures += [
      Figure(f"{case}: bascule to live : shell, {shell} cache, to live", ratio(ours.live, theirs.live)),
      Figure(f"{case}: bascule to live : shell, {shell} cache, built", ratio(ours.live, theirs.built), "", limit),
      Figure(f"{case}: bascule built : shell, {shell} cache, built", ratio(ours.built, theirs.built), "", limit),
      Figure(f"{case}: CPU, bascule : shell, {shell} cache", ratio(ours.cpu, theirs.cpu)),
    ]
  return figures


def same(one: Path, other: Path) -> None:
  excluded = [f"--exclude={name}" for name in (".git", "REVISION", "REVISION_TIME")]
  command = ["diff", "--recursive", "--brief", "--no-dereference", *excluded, str(one), str(other)]
  difference = subprocess.run(command, capture_output=True, text=True)
  if difference.returncode != 0:
    raise SystemExit(f"The script and Bascule made different releases:\n{difference.stdout}{difference.stderr}")
