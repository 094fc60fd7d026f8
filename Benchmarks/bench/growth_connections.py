"""100, 1,000 and 10,000 clients that have nothing to say."""

from pathlib import Path
from statistics import median

import front_memory
from front_cost import Case, sample
from generator import SMALL, Load, Upstream
from proxies import Bascule, HAProxy, Nginx
from quiet import undisturbed
from report import Figure, ratio, rounds

COUNTS = [100, 1000, 10_000]
KINDS = [Bascule, HAProxy, Nginx]


def measure(scratch: Path) -> list[Figure]:
  load = Load(scratch)
  most = front_memory.possible()
  counts = [min(count, most) for count in COUNTS]
  if most < COUNTS[-1]:
    print(f"  The hard limit of descriptors here allows {most} connections, not {COUNTS[-1]}.")
  case = Case("requests", "closed", {"body": SMALL, "connections": 64}, Bascule, {})
  cpu: dict[tuple[type, int], list[float]] = {}
  each: dict[tuple[type, int], list[float]] = {}
  with Upstream(scratch).running() as upstream:
    for number in range(rounds(3)):
      for kind in KINDS:
        for count in counts:
          folder = scratch / f"{number}-{count}"
          folder.mkdir(exist_ok=True)
          with kind(folder, upstream) as proxy, front_memory.idle(proxy, load, count) as growth:
            taken = undisturbed(
              lambda: sample(case, proxy, load), lambda: proxy.cpu_seconds() + upstream.cpu_seconds())
          cpu.setdefault((kind, count), []).append(taken.cpu)
          each.setdefault((kind, count), []).append(growth.anonymous / count)
  figures = []
  for count in counts:
    for kind in KINDS:
      name = f"{count} idle connections: {kind.kind}"
      figures += [
        Figure(f"{name}, CPU of a request", median(cpu[kind, count]), "µs"),
        Figure(f"{name}, memory of each", median(each[kind, count]), "B"),
      ]
    for peer in KINDS[1:]:
      figures.append(Figure(
        f"{count} idle connections: bascule : {peer.kind}, CPU of a request",
        ratio(cpu[Bascule, count], cpu[peer, count])))
  return figures + [
    Figure(f"{counts[-1]} idle connections : {counts[0]}, {kind.kind}, CPU of a request",
      ratio(cpu[kind, counts[-1]], cpu[kind, counts[0]])) for kind in KINDS]
