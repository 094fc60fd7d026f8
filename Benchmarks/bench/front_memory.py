"""What an open connection with nothing to do takes."""

import re
import resource
import subprocess
import time
from pathlib import Path

from generator import SMALL, Load, Upstream, parse
from proxies import Bascule, Proxy
from report import Figure

COUNT = 10_000
LIMIT, LIMIT_IN_ALL = 512, 30


def idle_connections(scratch: Path, upstream: Upstream, kinds: list[type[Proxy]], load: Load) -> list[Figure]:
  count = possible()
  figures = [Figure("idle connections", count)]
  for kind in kinds:
    name = f"idle connections: {kind.kind}"
    ours = kind is Bascule
    with kind(scratch, upstream) as proxy:
      before, after, kernel = grown(proxy, load, count)
    figures += [
      Figure(f"{name}, each", (after["Anonymous"] - before["Anonymous"]) * 2**20 / count, "B", LIMIT if ours else None),
      Figure(f"{name}, resident in all", after["Rss"] * 2**20 / 1e6, "MB", LIMIT_IN_ALL if ours else None),
      Figure(f"{name}, resident before", before["Rss"] * 2**20 / 1e6, "MB"),
      Figure(f"{name}, the kernel's slabs for both ends, each", kernel / count, "B"),
    ]
  return figures


def grown(proxy: Proxy, load: Load, count: int) -> tuple[dict[str, float], dict[str, float], float]:
  with subprocess.Popen(
    load.command("idle", proxy.port, connections=64, body=SMALL), stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL):
    pass
  time.sleep(0.5)
  before, slabs = proxy.memory(), slab()
  command = load.command("idle", proxy.port, connections=count, body=SMALL)
  with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as idle:
    parse(idle.stdout.readline()).checked()
    time.sleep(0.5)
    after, kernel = proxy.memory(), slab() - slabs
    idle.stdin.close()
    if parse(idle.stdout.readline()).checked().answered != count:
      raise SystemExit(f"{proxy.name} did not answer all idle connections.")
  return before, after, kernel


def possible() -> int:
  """A proxy keeps a descriptor for each client and sets one aside for its connection to the app."""
  hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
  return COUNT if hard == resource.RLIM_INFINITY else min(COUNT, (hard - 200) // 200 * 100)


def slab() -> int:
  return int(re.search(r"^Slab:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024
