"""What an open connection with nothing to do takes."""

import contextlib
import re
import resource
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import commands
from generator import SMALL, Load, Upstream, parse
from proxies import Bascule, Proxy
from report import Figure

COUNT = 10_000
LIMIT, LIMIT_IN_ALL = 512, 30


@dataclass
class Growth:
  """Of a proxy over its idle connections: MiB by name, and bytes of the kernel's."""

  before: dict[str, float]
  after: dict[str, float]
  kernel: float

  @property
  def anonymous(self) -> float:
    """In bytes."""
    return (self.after["Anonymous"] - self.before["Anonymous"]) * 2**20


def idle_connections(scratch: Path, upstream: Upstream, kinds: list[type[Proxy]], load: Load) -> list[Figure]:
  count = possible()
  figures = [Figure("idle connections", count)]
  for kind in kinds:
    name = f"idle connections: {kind.kind}"
    ours = kind is Bascule
    with kind(scratch, upstream) as proxy, idle(proxy, load, count) as growth:
      pass
    figures += [
      Figure(f"{name}, each", growth.anonymous / count, "B", LIMIT if ours else None),
      Figure(f"{name}, resident in all", growth.after["Rss"] * 2**20 / 1e6, "MB", LIMIT_IN_ALL if ours else None),
      Figure(f"{name}, resident before", growth.before["Rss"] * 2**20 / 1e6, "MB"),
      Figure(f"{name}, the kernel's slabs for both ends, each", growth.kernel / count, "B"),
    ]
  return figures


@contextlib.contextmanager
def idle(proxy: Proxy, load: Load, count: int) -> Iterator[Growth]:
  """So many of them while the block lasts; all are answered once more at its end."""
  with subprocess.Popen(
    load.command("idle", proxy.port, connections=64, body=SMALL), stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL):
    pass
  time.sleep(0.5)
  before, slabs = proxy.memory(), slab()
  command = load.command("idle", proxy.port, connections=count, body=SMALL)
  commands.show(command)
  with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
    parse(running.stdout.readline()).checked()
    time.sleep(0.5)
    yield Growth(before, proxy.memory(), slab() - slabs)
    running.stdin.close()
    if parse(running.stdout.readline()).checked().answered != count:
      raise SystemExit(f"{proxy.name} did not answer all idle connections.")


def possible() -> int:
  """A proxy keeps a descriptor for each client and sets one aside for its connection to the app."""
  hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
  return COUNT if hard == resource.RLIM_INFINITY else min(COUNT, (hard - 200) // 200 * 100)


def slab() -> int:
  return int(re.search(r"^Slab:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024
