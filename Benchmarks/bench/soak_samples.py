"""The manager from outside, once a second."""

import collections
import os
import threading
import time
from pathlib import Path
from statistics import fmean

import process
from manager import Manager

# What is pushed adds to the first, and the second is a ring of 64 MiB.
NOT_OURS = {"repo.git", "deliveries"}
# What a deployment needs for a moment comes and goes; the least of so many seconds is what stays.
FLOOR = 10
DISK_EVERY = 5


class Sampler(threading.Thread):
  def __init__(self, manager: Manager):
    super().__init__(daemon=True)
    self.manager = manager
    self.over = threading.Event()
    self.samples: list[dict[str, float]] = []
    self.dead: set[int] = set()
    self.zombies: set[int] = set()
    self.trouble: Exception | None = None

  def run(self) -> None:
    self.began = time.monotonic()
    try:
      while not self.over.wait(max(0, self.began + len(self.samples) - time.monotonic())):
        self.samples.append({"at": time.monotonic() - self.began, **self.sample()})
    except Exception as error:
      self.trouble = error

  def end(self) -> None:
    self.over.set()
    self.join()
    if self.trouble:
      raise SystemExit(f"The manager could not be looked at any more: {self.trouble!r}")

  def sample(self) -> dict[str, float]:
    pid, shared = self.manager.pid, self.manager.root / "shared"
    memory = process.memory(pid)
    children = process.children(pid)
    # One that is seen twice was not reaped in a second.
    dead = {child for child in children if state(child) == "Z"}
    self.zombies |= dead & self.dead
    self.dead = dead
    if len(self.samples) % DISK_EVERY == 0:
      self.disk = folder_size(self.manager.root)
    return {
      "anonymous": memory["Anonymous"], "rss": memory["Rss"], "pss": memory["Pss"],
      "descriptors": process.descriptors(pid), "threads": process.threads(pid),
      "children": len(children), "zombies": len(dead), "disk": self.disk / 2**20,
      "history": sum(size(file) for file in shared.glob("bascule.db*")) / 2**20,
    }


def state(pid: int) -> str:
  try:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
  except OSError:
    return ""


def size(file: Path) -> int:
  try:
    return file.lstat().st_size
  except OSError:
    return 0


def folder_size(folder: Path) -> int:
  """Hard links count once; what vanishes meanwhile does not count."""
  seen, total = set(), 0
  for path, folders, names in os.walk(folder):
    folders[:] = [name for name in folders if name not in NOT_OURS]
    for name in names:
      try:
        status = os.lstat(os.path.join(path, name))
      except OSError:
        continue
      if status.st_ino not in seen:
        seen.add(status.st_ino)
        total += status.st_blocks * 512
  return total


def descriptors_by_name(pid: int) -> collections.Counter:
  return collections.Counter(name.split("[")[0] for name in process.open_files(pid))


def growth(samples: list[dict[str, float]], name: str) -> float:
  """Per second over the second half, by least squares through what stays."""
  half = samples[len(samples) // 2:]
  floors = []
  for first in range(0, len(half) - FLOOR + 1, FLOOR):
    piece = half[first:first + FLOOR]
    floors.append((piece[FLOOR // 2]["at"], min(sample[name] for sample in piece)))
  if len(floors) < 2:
    raise SystemExit("The soak is too short for a slope: BENCH_SOAK is at least 60.")
  middle, mean = fmean(at for at, _ in floors), fmean(value for _, value in floors)
  return sum((at - middle) * (value - mean) for at, value in floors) / sum((at - middle) ** 2 for at, _ in floors)
