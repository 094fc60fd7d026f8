"""`bascule front` beside Debian's HAProxy and nginx, in rounds that take turns; the commands and the peers' settings
are printed. The load and the upstream are the two C programs of Benchmarks/load; nothing is pinned to a core. CPU is
user and system time of the proxy (of nginx's worker) over the answers that the load has got. Each answer's status
and length is looked at, a small one's whole body, a large one's in samples, and a single wrong one ends the run.
Ratios are medians of the ratios within a round, the rest medians over the rounds; but time in user mode, which the
kernel counts in steps of 10 ms, is the mean over them, and connections to the app are counted over all of them. A
sample during which other programs took more than 5 % of the machine is taken again, as long as five minutes suffice
for that; the last row says how many were kept all the same.

The upstream answers at once: 64 bytes to one of 64 connections, 1 MiB to one of four, or an event each 10 ms to
each of 64. A request has four header lines. Bascule adds its four forwarding headers, HAProxy and nginx none unless
it is said. All keep their connections to the upstream and write no access log. glibc hands HAProxy's 256 KiB buffers
back to the kernel again and again, and new pages cost more than the size saves; so there is a HAProxy too that is
told by MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ to keep its heap, and the bound is held against that one.
Bascule's socket has TCP_DEFER_ACCEPT, so without keep-alive there are a HAProxy and an nginx too that are told to do
the same, while the bound is held against HAProxy as people get it by default.

Added latency: requests at random moments, at half of the rate that the slowest has reached in the first case,
counted from the moment when each was due; less what the upstream alone takes in the same round. The ratio beside it
is of the whole 99th percentiles, and at most 1 where no more is added: what is added may be too little to be a
divisor.

Memory of an idle connection: growth of the proxy's anonymous memory over 10,000 of them, or as many as the descriptor
limit lets it have, opened 64 at a time with one request each; all of them get another answer after it was read.
"""

import contextlib
from collections.abc import Hashable
from pathlib import Path
from statistics import median

import commands
import front_memory
from front_cost import Case, Subjects, compare
from front_latency import added_latency
from generator import LARGE, SMALL, Load, Upstream
from proxies import (
  Bascule, BasculeUnix, HAProxy, HAProxyBuffers, HAProxyDeferred, HAProxyHeaders, HAProxyKeptBuffers, HAProxyUnix,
  Nginx, NginxDeferred)
from report import Figure

KINDS = [
  Bascule, BasculeUnix, HAProxy, HAProxyHeaders, HAProxyBuffers, HAProxyKeptBuffers, HAProxyDeferred, HAProxyUnix,
  Nginx, NginxDeferred,
]
small = {"body": SMALL, "connections": 64}
CASES = [
  Case("small", "closed", small, Bascule, {HAProxy: 0.82, Nginx: 0.82, HAProxyHeaders: None}),
  Case(
    "1 MiB", "closed", {"path": "/large", "body": LARGE, "connections": 4}, Bascule,
    {HAProxy: 0.5, HAProxyKeptBuffers: 0.85, HAProxyBuffers: None, Nginx: None}),
  Case(
    "without keep-alive", "closed", {**small, "fresh": 1}, Bascule,
    {HAProxy: 0.8, HAProxyDeferred: None, Nginx: None, NginxDeferred: None}),
  Case("unix socket", "closed", small, BasculeUnix, {HAProxy: 0.65, HAProxyUnix: None}),
  Case("events", "events", {"connections": 64}, Bascule, {HAProxy: None, Nginx: None}),
]


def measure(scratch: Path) -> list[Figure]:
  load = Load(scratch)
  with Upstream(scratch).running() as upstream:
    figures = costs(scratch, upstream, load)
    figures += front_memory.idle_connections(scratch, upstream, [Bascule, HAProxy, Nginx], load)
    figures += two_threads(scratch, upstream, load)
  return figures


def costs(scratch: Path, upstream: Upstream, load: Load) -> list[Figure]:
  figures = []
  rates: dict[Hashable, float] = {}
  with contextlib.ExitStack() as stack:
    subjects: Subjects = {kind: stack.enter_context(kind(scratch, upstream)) for kind in KINDS}
    show(subjects, load)
    for case in CASES:
      more, samples = compare(case, subjects, load)
      figures += more
      for kind, values in samples.items():
        rates.setdefault(kind, median(sample.result.rate for sample in values))
    compared = [Bascule, HAProxy, Nginx]
    half = min(rates[kind] for kind in compared) / 2
    return figures + added_latency(half, upstream, [subjects[kind] for kind in compared], load)


def two_threads(scratch: Path, upstream: Upstream, load: Load) -> list[Figure]:
  with contextlib.ExitStack() as stack:
    subjects: Subjects = {}
    for kind in (Bascule, HAProxy):
      for threads in (1, 2):
        name = f"{kind.kind}, {threads} thread" + "s" * (threads > 1)
        subjects[name] = stack.enter_context(kind(scratch, upstream, name, threads))
    mine = "bascule, 2 threads"
    case = Case("threads", "closed", small, mine, {name: None for name in subjects if name != mine})
    return compare(case, subjects, load)[0]


def show(subjects: Subjects, load: Load) -> None:
  """The load's commands and the peers' settings, to repeat it by hand."""
  for kind in (HAProxy, Nginx):
    print("".join(f"    {line}\n" for line in subjects[kind].configuration().splitlines()))
  for case in CASES:
    commands.show(load.command(case.mode, subjects[case.mine].port, **case.options))
