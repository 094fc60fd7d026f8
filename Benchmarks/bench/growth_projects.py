"""1, 10 and 100 projects of one manager."""

import json
import time
from pathlib import Path

import history
import process
from generator import build
from growth_cost import FLAT, Costs, costs
from manager import ControlPort, Manager
from report import Figure
from repository import Repository

COUNTS = [1, 10, 100]


def measure(scratch: Path) -> list[Figure]:
  repository = Repository(scratch / "repository", {"readme": "An app.\n"})
  start = f'{build("upstream", scratch)} "$PORT" "./socket$PORT"'
  found: dict[int, Costs] = {}
  figures = []
  manager = Manager(scratch, repository.path, START_COMMAND=start)
  with manager:
    pass
  # A page is full from the first on.
  history.fill(manager, 100)
  for count in COUNTS:
    with manager:
      wait_for(manager, manager.apps)
      add(manager, repository, start, count)
      found[count] = costs(manager)
      figures += found[count].figures(spoken(count)) + [
        Figure(f"{spoken(count)}: list of projects, CPU", listing(manager), "µs"),
        Figure(f"{spoken(count)}: resident", process.memory(manager.pid)["Rss"], "MiB"),
        Figure(f"{spoken(count)}: descriptors", process.descriptors(manager.pid)),
      ]
    began = time.monotonic()
    with manager:
      wait_for(manager, count)
      figures.append(Figure(f"{spoken(count)}: exec to all of them live", (time.monotonic() - began) * 1e3, "ms"))
  return figures + [
    figure for count in COUNTS[1:]
    for figure in found[count].growth(f"{count} projects : 1", found[1], FLAT if count == COUNTS[-1] else None)]


def spoken(count: int) -> str:
  return f"{count} project" + "s" * (count > 1)


def add(manager: Manager, repository: Repository, start: str, count: int) -> None:
  for number in range(manager.apps, count):
    wish = {"slug": f"project-{number}", "repository": str(repository.path), "startCommand": start,
            "hosts": [f"{number}.example.org"]}
    answer = manager.ask("POST", "/api/projects", wish)
    if "error" in answer:
      raise SystemExit(f"Project {number} was not added: {answer}")
    wait_for(manager, number + 1)
  manager.apps = count


def wait_for(manager: Manager, count: int) -> None:
  """As many run."""
  deadline = time.monotonic() + 120
  while time.monotonic() < deadline:
    states = [project["state"] for project in manager.ask("GET", "/api/projects")["items"]]
    if states == ["running"] * count:
      return
    time.sleep(0.02)
  raise SystemExit(f"Of {count} projects not all run:\n{manager.log.read_text()[-4000:]}")


def listing(manager: Manager) -> float:
  control = ControlPort(manager)
  control.get("/api/projects")
  before = process.cpu_seconds(manager.pid)
  for _ in range(20):
    json.loads(control.get("/api/projects"))
  control.close()
  return (process.cpu_seconds(manager.pid) - before) / 20 * 1e6
