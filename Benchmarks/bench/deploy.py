"""A change of five source files of an app with 300 of them, 100 dependencies and 2,000 commits, brought live with
an unchanged lockfile; packages from a registry on loopback, everything on one file system, page cache warm. The remote
is a packed repository spoken to over file://, so that git sends objects as it does over a network, only without
the network; a clone of a plain path, which shares them by hard links, stands beside it.
The script is what a simple server does: `mkdir`, `git clone`, `bun install`, `bun run build`, `ln -sfn`; warm
means that Bun's cache has all packages, cold that it is empty. It neither stops, starts nor probes the app.
Bascule is measured from the trigger on its socket to `complete`: that is after the old app was stopped and the
new one answered; and once more up to the end of its build, which is what the script does, by the durations of
phases 1 to 3 in the deployment's record. In each round script, Bascule and the other scripts take turns with the
same commit; the trees that the first two leave are compared. CPU is that of the server and of all its finished
children."""

import os
import resource
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

import process
from fixture import App, Registry
from manager import Manager
from report import Figure, rounds

SCRIPT = """
set -e
mkdir -p "$ROOT/releases"
git clone --quiet --branch main "$GIT_REPO" "$ROOT/releases/$N"
cd "$ROOT/releases/$N"
bun install
bun run build
ln -sfn "$ROOT/releases/$N" "$ROOT/current"
"""


def measure(scratch: Path) -> list[Figure]:
  registry = Registry(scratch)
  with process.server(registry.command, registry.port):
    app = App(scratch, registry)
    script = Script(scratch / "script", app)
    with Manager(scratch, app.url) as manager:
      return compare(app, script, manager)


class Script:
  def __init__(self, root: Path, app: App):
    self.root, self.app = root, app
    self.number = 0
    self.environment = {
      "PATH": os.environ["PATH"], "HOME": str(root), "ROOT": str(root),
      "BUN_INSTALL_CACHE_DIR": str(root / "cache"),
    }
    root.mkdir()
    self.run()

  @property
  def release(self) -> Path:
    return self.root / "releases" / str(self.number)

  def run(self, repository: str | None = None) -> tuple[float, float]:
    """Milliseconds, by the clock and of CPU. The release before is removed outside of the time."""
    shutil.rmtree(self.release, ignore_errors=True)
    self.number += 1
    cpu, started = children_cpu(), time.monotonic()
    environment = {**self.environment, "N": str(self.number), "GIT_REPO": repository or self.app.url}
    subprocess.run(["/bin/sh", "-c", SCRIPT], env=environment, check=True, capture_output=True)
    return (time.monotonic() - started) * 1e3, (children_cpu() - cpu) * 1e3

  def run_cold(self) -> tuple[float, float]:
    shutil.rmtree(self.root / "cache")
    return self.run()


def children_cpu() -> float:
  usage = resource.getrusage(resource.RUSAGE_CHILDREN)
  return usage.ru_utime + usage.ru_stime


def compare(app: App, script: Script, manager: Manager) -> list[Figure]:
  warm, path, cold, live, built, cpus = [], [], [], [], [], []
  phases: dict[str, list[float]] = {}
  for _ in range(rounds(10)):
    app.push()
    warm.append(script.run())
    cpu = process.cpu_seconds(manager.pid) + process.children_cpu_seconds(manager.pid)
    seconds, deployment = manager.deploy()
    manager.wait_until_idle()
    cpus.append((process.cpu_seconds(manager.pid) + process.children_cpu_seconds(manager.pid) - cpu) * 1e3)
    live.append(seconds * 1e3)
    for phase in deployment["phases"]:
      phases.setdefault(phase["name"], []).append(phase["durationMs"])
    built.append(sum(phase["durationMs"] for phase in deployment["phases"][:3]))
    same(script.release, manager.root / "releases" / str(deployment["release"]))
    path.append(script.run(str(app.path)))
    cold.append(script.run_cold())
  script_warm, script_path, script_cold = (median(wall for wall, _ in runs) for runs in (warm, path, cold))
  script_cpu = median(cpu for _, cpu in warm)
  figures = [
    Figure("script, warm cache", script_warm, "ms"),
    Figure("script, warm cache, clone of a plain path", script_path, "ms"),
    Figure("script, cold cache", script_cold, "ms"),
    Figure("bascule, trigger to live", median(live), "ms"),
    Figure("bascule, up to the end of the build", median(built), "ms"),
    *(Figure(f"bascule, phase {name}", median(values), "ms") for name, values in phases.items()),
    Figure("CPU, script with warm cache", script_cpu, "ms"),
    Figure("CPU, bascule with its children, app and pruning", median(cpus), "ms"),
  ]
  for name, value in (("to live", median(live)), ("up to the end of the build", median(built))):
    figures.append(Figure(f"bascule {name} : script, warm cache", value / script_warm, "", 0.45))
    figures.append(Figure(f"bascule {name} : script, warm cache, plain path", value / script_path))
    figures.append(Figure(f"bascule {name} : script, cold cache", value / script_cold, "", 0.1))
  return figures


def same(one: Path, other: Path) -> None:
  excluded = [f"--exclude={name}" for name in (".git", "REVISION", "REVISION_TIME")]
  command = ["diff", "--recursive", "--brief", "--no-dereference", *excluded, str(one), str(other)]
  difference = subprocess.run(command, capture_output=True, text=True)
  if difference.returncode != 0:
    raise SystemExit(f"The script and Bascule made different releases:\n{difference.stdout}{difference.stderr}")
