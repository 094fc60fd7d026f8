"""What can be PID 1 of a container, each around the same app."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import commands
import process
from manager import BINARY, launch

APP = ["bun", "index.ts"]
INITS = {
  "bascule init": [BINARY, "init", "--", *APP],
  "tini": ["tini", "--", *APP],
  "dumb-init": ["dumb-init", "--", *APP],
}


@contextlib.contextmanager
def started(name: str, folder: Path, port: int, stamp: Path) -> Iterator[int]:
  """Its pid, as soon as it is one; the namespace ends with the block."""
  commands.show(INITS[name], {"PORT": str(port)})
  environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORT": str(port)}
  running = subprocess.Popen(
    launch(INITS[name], stamp), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL)
  try:
    yield process.child_running(INITS[name][0], running.pid)
  finally:
    # Takes the namespace along.
    running.kill()
    running.wait()
