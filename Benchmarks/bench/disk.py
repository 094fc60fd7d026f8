"""The same app deployed four times with one lockfile and a change of five files each, by Bascule and by the shell with a
full cache: `du` over the releases, which counts hard links once. Beside it with all that makes the next deployment
quick: the mirror, Bun's cache and the history here, Bun's cache there. Each further release costs what is its own, the
checkout, the bundle and the folders of node_modules: the ratio depends on how large the packages are, 40 MB here."""

from pathlib import Path

import commands
import fixture
import process
from manager import Manager
from report import Figure
from shell import Shell


def measure(scratch: Path) -> list[Figure]:
  with fixture.app(scratch) as app, Manager(scratch, app.url) as manager:
    shell = Shell(scratch / "shell", app.url)
    places = {"bascule": (manager.root / "releases", manager.root / "shared"),
              "shell": (shell.root / "releases", shell.cache)}
    found: dict[str, list[float]] = {name: [] for name in places}
    for number in range(4):
      if number > 0:
        app.push()
        manager.deploy()
      manager.wait_until_idle()
      shell.build()
      for name, (releases, rest) in places.items():
        found[name] += [used(releases), used(releases, rest)]
  figures = []
  for name, sizes in found.items():
    figures += [
      Figure(f"{name}, one release", sizes[0], "MiB"),
      Figure(f"{name}, four releases", sizes[-2], "MiB"),
      Figure(f"{name}, four : one", sizes[-2] / sizes[0], "", 1.25 if name == "bascule" else None),
      Figure(f"{name}, one release and what is kept beside it", sizes[1], "MiB"),
      Figure(f"{name}, four releases and what is kept beside them", sizes[-1], "MiB"),
    ]
  for index, what in ((-2, "four releases"), (-1, "four releases and what is kept beside them")):
    figures.append(Figure(f"{what}, bascule : shell", found["bascule"][index] / found["shell"][index]))
  return figures


def used(*folders: Path) -> float:
  command = ["du", "-skc", "--", *map(str, folders)]
  commands.show(command)
  return int(process.run(command).splitlines()[-1].split()[0]) / 1024
