"""100, 1,000 and 100,000 deployments on record."""

import time
from pathlib import Path

import history
import process
from generator import build
from growth_cost import FLAT, Costs, costs, settle
from manager import ControlPort, Manager
from report import Figure
from repository import Repository

COUNTS = [100, 1000, 100_000]


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", {"readme": "An app.\n"})
  start = f'{build("upstream", scratch)} "$PORT" "./socket$PORT"'
  manager = Manager(
    scratch, repository.path, START_COMMAND=start, KEEP_DEPLOYMENTS=str(2 * COUNTS[-1]), METRICS_TOKEN="metrics")
  with manager:
    pass
  found: dict[int, Costs] = {}
  figures, present = [], 0
  for count in COUNTS:
    history.fill(manager, count - present)
    present = count
    began = time.monotonic()
    with manager:
      up = (time.monotonic() - began) * 1e3
      settle(manager)
      cpu = process.cpu_seconds(manager.pid) * 1e3
      found[count] = costs(manager)
      label = f"{count} deployments"
      figures += found[count].figures(label) + [
        Figure(f"{label}: /metrics, CPU", metrics(manager), "µs"),
        Figure(f"{label}: exec to live", up, "ms"),
        Figure(f"{label}: CPU of the manager until its start is over", cpu, "ms"),
        Figure(f"{label}: resident", process.memory(manager.pid)["Rss"], "MiB"),
      ]
  return figures + [
    figure for count in COUNTS[1:]
    for figure in found[count].growth(
      f"{count} deployments : {COUNTS[0]}", found[COUNTS[0]], FLAT if count == COUNTS[-1] else None)]


def metrics(manager: Manager) -> float:
  control = ControlPort(manager)
  control.headers = {"Authorization": "Bearer metrics"}
  control.get("/metrics")
  before = process.cpu_seconds(manager.pid)
  for _ in range(20):
    control.get("/metrics")
  control.close()
  return (process.cpu_seconds(manager.pid) - before) / 20 * 1e6
