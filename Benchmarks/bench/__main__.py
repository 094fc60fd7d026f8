"""The measurements that were asked for, one after the other; all of them when none is named. One that fails leaves its
rows as they were, the others' are recorded all the same, and the exit code is 1. So it is when something happened that
never may, which is a bound of 0; how fast and how large depends on the machine too, and is only named when it is missed."""

import importlib
import os
import sys
import time
import traceback
from pathlib import Path

import commands
import quiet
import report

NAMES = [
  "size", "idle", "start", "reload", "webhook", "deploy", "disk", "ingest", "record", "growth", "front", "switch",
  "soak",
]


def main() -> int:
  names = sys.argv[1:] or NAMES
  unknown = [name for name in names if name not in NAMES]
  if unknown:
    print(f"usage: Benchmarks/run [{'|'.join(NAMES)}]...", file=sys.stderr)
    return 2
  load = os.getloadavg()[0]
  if load > 0.5:
    print(f"The load is {load:.1f} before anything is measured: times by the clock will be long.")
  results = report.Report(Path(__file__).parent.parent / "RESULTS.md")
  explanations = {name: importlib.import_module(name).__doc__ or "" for name in NAMES}
  began, recorded, failed, missed = time.monotonic(), [], [], []
  for name in names:
    print(f"── {name}", flush=True)
    started = time.monotonic()
    try:
      figures = run(name, results)
    except (Exception, SystemExit) as error:
      failed.append(name)
      if not isinstance(error, SystemExit):
        traceback.print_exc()
      print(f"  {name} failed: {error}", flush=True)
    else:
      missed += [(name, figure) for figure in figures if figure.missed]
      if why := getattr(importlib.import_module(name), "UNRECORDED", ""):
        results.forget(name)
        print(f"  {name} is not recorded: {why}.", flush=True)
      elif report.RECORDING:
        results.write(explanations)
        recorded.append(name)
    print(f"  {name} took {spoken(time.monotonic() - started)}", flush=True)
  print(f"All of it took {spoken(time.monotonic() - began)}.")
  if not report.RECORDING:
    print("RESULTS.md is as it was, since BENCH_ROUNDS is set: BENCH_RECORD=yes records figures of other rounds too.")
  if recorded and (older := results.older()):
    print(f"bench: in RESULTS.md, measured on another commit than {report.commit()}: {older}", file=sys.stderr)
  if failed:
    print(f"bench: failed: {', '.join(failed)}; their rows in RESULTS.md are those of the time before", file=sys.stderr)
  for name, figure in missed:
    print(f"bench: missed: {name}, {figure.name}: {figure.measured}, not {figure.target}", file=sys.stderr)
  return 1 if failed or any(figure.at_most == 0 for _, figure in missed) else 0


def run(name: str, results: report.Report) -> list[report.Figure]:
  commands.begin()
  quiet.begin()
  folder = Path(os.environ["BENCH_SCRATCH"]) / name
  folder.mkdir()
  # All of them or none: a table that is half of today is worse than yesterday's.
  figures = importlib.import_module(name).measure(folder) + quiet.figures()
  for figure in figures:
    results.add(name, figure)
  return figures


def spoken(seconds: float) -> str:
  return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


sys.exit(main())
