"""What a proxy adds to the time of an answer while it is half busy."""

from statistics import median

from generator import SMALL, Load, Result, Upstream
from proxies import Proxy
from quiet import undisturbed
from report import Figure, ratio, rounds

SECONDS = 2


def added_latency(rate: float, upstream: Upstream, proxies: list[Proxy], load: Load) -> list[Figure]:
  options = {"rate": int(rate), "connections": 64, "body": SMALL}
  ports = {"none": upstream.port} | {proxy.name: proxy.port for proxy in proxies}
  taken: dict[str, list[Result]] = {name: [] for name in ports}
  for round in range(rounds(9) + 1):
    names = list(ports)
    turn = round % len(names)
    for name in names[turn:] + names[:turn]:
      result = undisturbed(
        lambda: load.run("paced", ports[name], seconds=SECONDS, **options),
        lambda: upstream.cpu_seconds() + sum(proxy.cpu_seconds() for proxy in proxies))
      if round > 0:
        taken[name].append(result)
  direct = taken.pop("none")
  figures = [
    Figure("half load: rate", rate, "/s"),
    Figure("half load: the upstream alone, 99th percentile", median(each.p99 for each in direct), "µs"),
  ]
  for name, results in taken.items():
    pairs = list(zip(results, direct, strict=True))
    figures += [
      Figure(f"half load: {name} adds, median", median(one.p50 - zero.p50 for one, zero in pairs), "µs"),
      Figure(f"half load: {name} adds, 99th percentile", median(one.p99 - zero.p99 for one, zero in pairs), "µs"),
    ]
  mine, *peers = taken
  # Of all that an answer takes: what is added may be next to nothing, or less, and is no divisor. This ratio is at most 1
  # exactly where no more is added.
  p99 = {name: [each.p99 for each in results] for name, results in taken.items()}
  return figures + [
    Figure(
      f"half load: {mine} : {peer}, 99th percentile", ratio(p99[mine], p99[peer]), "",
      1 if peer == "haproxy" else None)
    for peer in peers]
