"""The same app deployed four times with one lockfile and a change of five files each: `du` over `releases/`, which
counts hard links once. `shared/` (mirror, Bun's cache, history) stands beside it. Each further release costs what
is its own, the checkout, the bundle and the folders of node_modules: the ratio depends on how large the packages are,
40 MB here."""

import subprocess
from pathlib import Path

import process
from fixture import App, Registry
from manager import Manager
from report import Figure


def measure(scratch: Path) -> list[Figure]:
  registry = Registry(scratch)
  with process.server(registry.command, registry.port):
    app = App(scratch, registry)
    with Manager(scratch, app.url) as manager:
      manager.wait_until_idle()
      releases, shared = manager.root / "releases", manager.root / "shared"
      one = [used(releases), used(releases, shared)]
      for _ in range(3):
        app.push()
        manager.deploy()
        manager.wait_until_idle()
      four = [used(releases), used(releases, shared)]
  return [
    Figure("one release", one[0], "MiB"),
    Figure("four releases", four[0], "MiB"),
    Figure("four : one", four[0] / one[0], "", 1.25),
    Figure("one release and shared/", one[1], "MiB"),
    Figure("four releases and shared/", four[1], "MiB"),
  ]


def used(*folders: Path) -> float:
  lines = subprocess.run(["du", "-skc", "--", *folders], check=True, capture_output=True, text=True).stdout
  return int(lines.splitlines()[-1].split()[0]) / 1024
