"""How a release is brought live where nothing but a shell does it: `mkdir`, `git clone`, `bun install`, `bun run build`,
`ln -sfn`, `kill`, `sleep 1`, `bun start`."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import commands
import process
from manager import free_port

BUILD = """set -e
mkdir -p "$ROOT/releases"
git clone --quiet --branch main "$GIT_REPO" "$ROOT/releases/$N"
cd "$ROOT/releases/$N"
bun install
bun run build
ln -sfn "$ROOT/releases/$N" "$ROOT/current"
"""
RESTART = """if [ -e "$ROOT/pid" ]; then
  kill "$(cat "$ROOT/pid")"
  sleep 1
fi
cd "$ROOT/current"
setsid bun start >>"$ROOT/log" 2>&1 </dev/null &
echo $! >"$ROOT/pid"
"""


class Shell:
  def __init__(self, root: Path, repository: str, **environment: str):
    self.root, self.port, self.number = root, free_port(), 0
    root.mkdir(exist_ok=True)
    self.cache = root / "cache"
    self.environment = {
      "PATH": os.environ["PATH"], "HOME": str(root), "ROOT": str(root), "PORT": str(self.port),
      "GIT_REPO": repository, "BUN_INSTALL_CACHE_DIR": str(self.cache), **environment,
    }

  @property
  def release(self) -> Path:
    return self.root / "releases" / str(self.number)

  @property
  def pid(self) -> int:
    return int((self.root / "pid").read_text())

  def run(self, script: str, **environment: str) -> None:
    environment = {**self.environment, "N": str(self.number), "RELEASE": str(self.number), **environment}
    commands.show(script)
    process.run(
      ["/bin/sh", "-c", script], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

  def build(self, **environment: str) -> None:
    self.number += 1
    self.run(BUILD, **environment)

  def restart(self) -> None:
    self.run(RESTART)
    process.wait_for_port(self.port)

  def empty_cache(self) -> None:
    shutil.rmtree(self.cache, ignore_errors=True)

  def close(self) -> None:
    if not (self.root / "pid").exists():
      return
    try:
      os.killpg(self.pid, signal.SIGTERM)
    except ProcessLookupError:
      return
    deadline = time.monotonic() + 10
    while process.program(self.pid) and time.monotonic() < deadline:
      time.sleep(0.02)
