"""The two C programs of load/, compiled here: an upstream and a load that cost far less than what is measured."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import process
from manager import free_port

SOURCES = Path(__file__).parents[1] / "load"
SMALL, LARGE = 64, 1 << 20
# A load ends by itself ten seconds after its time at the latest; one that goes on for so many hangs.
GRACE = 60


@dataclass
class Result:
  """Times in µs."""

  answered: int
  failed: int
  first_failure: str
  connections: int
  seconds: float
  p50: float
  p99: float
  p999: float
  max: float

  @property
  def rate(self) -> float:
    return self.answered / self.seconds

  def checked(self) -> "Result":
    """Not one answer may be wrong or missing."""
    if self.failed or not self.answered:
      raise SystemExit(f"{self.failed} of {self.answered + self.failed} failed, the first: {self.first_failure}")
    return self


class Upstream:
  def __init__(self, folder: Path):
    self.program = build("upstream", folder)
    self.port, self.socket = free_port(), folder / "upstream.sock"

  @contextmanager
  def running(self) -> Iterator["Upstream"]:
    self.socket.unlink(missing_ok=True)
    with process.server([self.program, str(self.port), str(self.socket)], self.port) as self.process:
      yield self

  def cpu_seconds(self) -> float:
    return process.cpu_seconds(self.process.pid)

  def accepted(self) -> int:
    """How many connections it has had, without those that asked this."""
    self.asked = getattr(self, "asked", 0) + 1
    with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/accepted", timeout=GRACE) as answer:
      return int(answer.read()) - self.asked


class Load:
  def __init__(self, folder: Path):
    self.program = build("load", folder)

  def command(self, mode: str, port: int, **options: object) -> list[str]:
    return [self.program, mode, str(port), *(f"{name}={value}" for name, value in options.items())]

  def run(self, mode: str, port: int, **options: object) -> Result:
    return parse(process.run(self.command(mode, port, **options), options["seconds"] + GRACE)).checked()


def parse(line: str) -> Result:
  return Result(**json.loads(line))


def build(name: str, folder: Path) -> str:
  program = folder / name
  if not program.exists():
    options = ["-O2", "-Wall", "-Wextra", "-Werror"]
    process.run(["cc", *options, "-o", str(program), str(SOURCES / f"{name}.c"), "-lm"])
  return str(program)
