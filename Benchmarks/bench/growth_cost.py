"""What one manager takes for the things that it does every day."""

import os
import time
from dataclasses import dataclass
from statistics import median

import commands
import process
from manager import ControlPort, Manager
from report import Figure, rounds

# What the most of something may make of a cost that has no reason to grow.
FLAT = 1.25
# Twice the ten seconds after which the manager looks for zombies: a part of that would have one look in it, or none.
IDLE_SECONDS = 20


@dataclass
class Costs:
  """Medians: ms, and µs for what takes less than one."""

  deployment_wall: float
  deployment_cpu: float
  deployment_all: float
  reload_wall: float
  reload_cpu: float
  page: float
  page_cpu: float
  idle: float

  NAMES = {
    "deployment_wall": ("a deployment, trigger to live", "ms"),
    "deployment_cpu": ("a deployment, CPU of the manager", "ms"),
    "deployment_all": ("a deployment, CPU in all", "ms"),
    "reload_wall": ("a RELOAD, touched to answered", "ms"),
    "reload_cpu": ("a RELOAD, CPU of the manager", "ms"),
    "page": ("a page of the history", "µs"),
    "page_cpu": ("a page of the history, CPU", "µs"),
    "idle": ("an idle second, CPU", "µs"),
  }

  def figures(self, label: str) -> list[Figure]:
    return [Figure(f"{label}: {name}", getattr(self, field), unit) for field, (name, unit) in self.NAMES.items()]

  def growth(self, label: str, first: "Costs", at_most: float | None = None) -> list[Figure]:
    """The bound is not for an idle second, in which every project is looked after."""
    return [
      Figure(
        f"{label}: {name}", getattr(self, field) / max(getattr(first, field), 1e-9), "",
        None if field == "idle" else at_most)
      for field, (name, _) in self.NAMES.items()]


def costs(manager: Manager) -> Costs:
  settle(manager)
  walls, own, alls = zip(*(deployment(manager) for _ in range(rounds(5))))
  reload_walls, reload_own = zip(*(reload(manager) for _ in range(rounds(5))))
  pages, page_cpu = page(manager)
  settle(manager)
  before = process.cpu_seconds(manager.pid)
  time.sleep(IDLE_SECONDS)
  idle = (process.cpu_seconds(manager.pid) - before) / IDLE_SECONDS * 1e6
  return Costs(
    median(walls), median(own), median(alls), median(reload_walls), median(reload_own), pages, page_cpu, idle)


def deployment(manager: Manager) -> tuple[float, float, float]:
  own, children = process.cpu_seconds(manager.pid), process.children_cpu_seconds(manager.pid)
  wall, _ = manager.deploy()
  settle(manager)
  own = process.cpu_seconds(manager.pid) - own
  return wall * 1e3, own * 1e3, (own + process.children_cpu_seconds(manager.pid) - children) * 1e3


def reload(manager: Manager) -> tuple[float, float]:
  file, result = (manager.root / "releases" / name for name in ("RELOAD", "RELOAD.result"))
  result.unlink(missing_ok=True)
  own, began = process.cpu_seconds(manager.pid), time.monotonic()
  commands.show("touch releases/RELOAD")
  os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o644))
  process.wait_for_file(result, 60)
  wall = time.monotonic() - began
  settle(manager)
  return wall * 1e3, (process.cpu_seconds(manager.pid) - own) * 1e3


def page(manager: Manager) -> tuple[float, float]:
  control = ControlPort(manager)
  path = "/api/deployments?limit=50&slug=main"
  control.get(path)
  before, took, count = process.cpu_seconds(manager.pid), [], rounds(5) * 20
  for _ in range(count):
    began = time.monotonic()
    control.get(path)
    took.append((time.monotonic() - began) * 1e6)
  spent = (process.cpu_seconds(manager.pid) - before) / count * 1e6
  control.close()
  return median(took), spent


def settle(manager: Manager) -> None:
  """Until nobody is stopped, pruned or begun in advance any more. What it asks costs a few hundred µs, always the same."""
  manager.wait_until_idle(0.1)
  deadline, quiet = time.monotonic() + 60, 0
  while quiet < 3:
    if time.monotonic() > deadline:
      raise SystemExit("The manager has not come to rest within 60 seconds.")
    before = process.cpu_seconds(manager.pid)
    time.sleep(0.1)
    quiet = quiet + 1 if process.cpu_seconds(manager.pid) - before < 0.002 else 0
