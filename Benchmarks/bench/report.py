"""Figures, the targets they are held against, and the table in RESULTS.md."""

import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass
class Figure:
  name: str
  value: float
  unit: str = ""
  at_most: float | None = None
  at_least: float | None = None

  @property
  def measured(self) -> str:
    return f"{self.value:.3g} {self.unit}".strip() if self.value < 1000 else f"{self.value:.0f} {self.unit}".strip()

  @property
  def target(self) -> str:
    if self.at_least is not None:
      return f"≥ {self.at_least:.0f} {self.unit}".strip()
    return "" if self.at_most is None else f"≤ {self.at_most:g} {self.unit}".strip()

  @property
  def missed(self) -> bool:
    above = self.at_most is not None and self.value > self.at_most
    return above or self.at_least is not None and self.value < self.at_least

  @property
  def verdict(self) -> str:
    if self.at_most is None and self.at_least is None:
      return ""
    return "**missed**" if self.missed else "reached"


# Few rounds are for trying a measurement out.
RECORDING = os.environ.get("BENCH_RECORD", "no" if "BENCH_ROUNDS" in os.environ else "yes") == "yes"


def rounds(otherwise: int) -> int:
  return int(os.environ.get("BENCH_ROUNDS", otherwise))


def ratio(ours: list[float], theirs: list[float]) -> float:
  """The median of the rounds' ratios: what slows a round down slows both."""
  return median(one / other for one, other in zip(ours, theirs, strict=True))


def spread(name: str, values: list[float], unit: str, at_most: float | None = None) -> list[Figure]:
  """The median, which the target is about, and how far from it the slow ones are."""
  ordered = sorted(values)
  tail = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
  return [
    Figure(f"{name}, median", median(ordered), unit, at_most),
    Figure(f"{name}, 90th percentile", tail, unit),
  ]


class Report:
  """Of measurements that do not run this time, rows and section are kept as they were recorded: the text tells of the
  method by which the rows were got, which may have been another than today's."""

  def __init__(self, path: Path):
    self.path = path
    # Before anybody commits while it runs.
    self.stamp = f"Measured on {time.strftime('%Y-%m-%d')} at {commit()}."
    self.recorded: dict[str, list[list[str]]] = {}
    self.rows: dict[str, list[list[str]]] = {}
    self.sections: dict[str, str] = {}
    if path.exists():
      table, *sections = path.read_text().split("\n## ")
      self.sections = dict(section.split("\n", 1) for section in sections)
      for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 5 and cells[0] != "measurement":
          self.recorded.setdefault(cells[0], []).append(cells)

  def add(self, measurement: str, figure: Figure) -> None:
    cells = [measurement, figure.name, figure.measured, figure.target, figure.verdict]
    self.rows.setdefault(measurement, []).append(cells)
    before = next((row[2] for row in self.recorded.get(measurement, []) if row[1] == figure.name), "")
    aims = f"  {figure.target} {figure.verdict.strip('*')}" if figure.target else ""
    past = f"  (recorded: {before})" if before else ""
    print(f"  {figure.name:<64} {figure.measured:>12}{aims}{past}", flush=True)

  def forget(self, measurement: str) -> None:
    """Its new rows: those that were recorded stay."""
    self.rows.pop(measurement, None)

  def write(self, explanations: dict[str, str]) -> None:
    lines = ["# Measured with `./console bench`", "", f"The last time {machine()}", "", programs(), ""]
    lines += ["| measurement | figure | measured | target | |", "|---|---|---|---|---|"]
    for name in explanations:
      for row in self.rows.get(name) or self.recorded.get(name, []):
        lines.append("| " + " | ".join(row) + " |")
    for name, text in explanations.items():
      if name in self.rows:
        self.sections[name] = f"{self.stamp}\n\n{text}"
      if name in self.sections:
        lines += ["", f"## {name}", "", self.sections[name].strip()]
    # As a whole: an interruption must not cost what others have taken minutes to measure.
    new = self.path.with_suffix(".new")
    new.write_text("\n".join(lines) + "\n")
    new.rename(self.path)

  def older(self) -> str:
    """Which sections tell of another commit than the one that is checked out."""
    here, found = commit(), {}
    for name, section in self.sections.items():
      stamp = re.match(r"Measured (on \S+ at (.+))\.$", section.strip().partition("\n")[0])
      # Git makes its abbreviations longer as there are more commits.
      if not stamp or not (stamp[2].startswith(here) or here.startswith(stamp[2])):
        found.setdefault(stamp[1] if stamp else "at a commit that is not told", []).append(name)
    return "; ".join(f"{', '.join(names)} {when}" for when, names in found.items())


def commit() -> str:
  told = subprocess.run(
    ["git", "rev-parse", "--short", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
  return told.stdout.strip() or "a commit that git does not tell"


def machine() -> str:
  model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
  memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.M)
  kernel = re.match(r"[\d.]+", platform.release())
  return (
    f"on {os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
    f"{int(memory[1]) >> 20 if memory else '?'} GiB of memory, Linux {kernel[0] if kernel else '?'}."
  )


def programs() -> str:
  """What stands beside Bascule, and what it runs, by version."""
  options = {"haproxy": "-v", "nginx": "-v", "webhook": "-version", "tini": "--version", "dumb-init": "--version"}
  found = []
  for name, option in {**options, "bun": "--version", "git": "--version"}.items():
    told = subprocess.run([name, option], capture_output=True, text=True, check=False)
    version = re.search(r"\d+(\.\d+)+", told.stdout + told.stderr)
    found.append(f"{name} {version[0] if version else '?'}")
  return f"With {', '.join(found)}; all of them Debian's, except Bun."
