"""The stripped binary. `Tests/Support/check-binary` measures it and fails when Foundation or ICU is linked or
built in."""

import subprocess
from pathlib import Path

from manager import BINARY
from report import Figure


def measure(_: Path) -> list[Figure]:
  check = Path(__file__).parents[2] / "Tests/Support/check-binary"
  text = subprocess.run([check, BINARY], check=True, capture_output=True, text=True).stdout
  size = int(text.partition(": ")[2].split()[0])
  return [Figure("stripped binary, without Foundation and ICU", size / 1e6, "MB", 20)]
