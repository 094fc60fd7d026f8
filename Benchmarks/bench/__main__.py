"""The measurements that were asked for, one after the other; all of them when none is named."""

import importlib
import os
import sys
from pathlib import Path

import report

NAMES = ["size", "idle", "start", "reload", "webhook", "deploy", "disk", "ingest", "record", "front", "switch", "soak"]


def main() -> int:
  names = sys.argv[1:] or NAMES
  unknown = [name for name in names if name not in NAMES]
  if unknown:
    print(f"usage: Benchmarks/run [{'|'.join(NAMES)}]...", file=sys.stderr)
    return 2
  load = os.getloadavg()[0]
  if load > 0.5:
    print(f"The load is {load:.1f} before anything is measured: times by the clock will be long.")
  scratch = Path(os.environ["BENCH_SCRATCH"])
  results = report.Report(Path(__file__).parent.parent / "RESULTS.md")
  for name in names:
    measurement = importlib.import_module(name)
    print(f"── {name}", flush=True)
    folder = scratch / name
    folder.mkdir()
    for figure in measurement.measure(folder):
      results.add(name, figure)
  results.write({name: importlib.import_module(name).__doc__ or "" for name in NAMES})
  return 0


sys.exit(main())
