"""The stripped binary. `Tests/Support/check-binary` measures it and fails when Foundation or ICU is linked or
built in. Beside it the programs that do parts of its work, which link with more libraries than it does."""

import os
import shutil
import subprocess
from pathlib import Path

import commands
from manager import BINARY
from report import Figure

PEERS = ["haproxy", "nginx", "webhook", "tini", "dumb-init"]


def measure(_: Path) -> list[Figure]:
  check = [str(Path(__file__).parents[2] / "Tests/Support/check-binary"), BINARY]
  commands.show(check)
  text = subprocess.run(check, check=True, capture_output=True, text=True).stdout
  size = int(text.partition(": ")[2].split()[0])
  return [Figure("stripped binary, without Foundation and ICU", size / 1e6, "MB", 20)] + [
    Figure(peer, os.stat(shutil.which(peer)).st_size / 1e6, "MB") for peer in PEERS]
