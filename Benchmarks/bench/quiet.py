"""Measurements during which no other program took much of the machine."""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from report import Figure

Taken = TypeVar("Taken")
SHARE = 0.05
# How many seconds a measurement may spend on waiting for others; after that everything is taken as it is.
PATIENCE = float(os.environ.get("BENCH_PATIENCE", 300))
patience, samples, disturbed = PATIENCE, 0, 0


def begin() -> None:
  """Each measurement has patience of its own, whatever came before it."""
  global patience, samples, disturbed
  patience, samples, disturbed = PATIENCE, 0, 0


def figures() -> list[Figure]:
  """How far the samples can be relied on, where there are any."""
  if not samples:
    return []
  return [Figure(f"of {samples} samples, taken although other programs were busy", disturbed)]


def undisturbed(take: Callable[[], Taken], ours: Callable[[], float]) -> Taken:
  """`ours`: CPU seconds of what takes part and goes on running; this program and what it waited for count too."""
  global patience, samples, disturbed
  samples += 1
  while True:
    while patience > 0 and foreign_share(lambda: time.sleep(0.2), ours)[1] > SHARE:
      patience -= 0.2
    started = time.monotonic()
    taken, foreign = foreign_share(take, ours)
    if foreign <= SHARE:
      return taken
    patience -= time.monotonic() - started
    if patience <= 0:
      disturbed += 1
      return taken


def foreign_share(take: Callable[[], Taken], ours: Callable[[], float]) -> tuple[Taken, float]:
  started, busy, own = time.monotonic(), busy_seconds(), ours() + family_seconds()
  taken = take()
  foreign = busy_seconds() - busy - (ours() + family_seconds() - own)
  return taken, foreign / (time.monotonic() - started) / os.cpu_count()


def busy_seconds() -> float:
  """Of all cores, what a hypervisor took away included."""
  user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
  return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def family_seconds() -> float:
  usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
  return sum(usage.ru_utime + usage.ru_stime for usage in usages)
