"""What a proxy adds to the time of an answer while it is half busy."""

from statistics import median

from generator import SMALL, Load, Result, Upstream
from proxies import Proxy
from quiet import undisturbed
from report import Figure, rounds

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
  added = {name: [one.p99 - zero.p99 for one, zero in zip(results, direct)] for name, results in taken.items()}
  for name, results in taken.items():
    middle = median(one.p50 - zero.p50 for one, zero in zip(results, direct))
    figures += [
      Figure(f"half load: {name} adds, median", middle, "µs"),
      Figure(f"half load: {name} adds, 99th percentile", median(added[name]), "µs"),
    ]
  mine, *peers = taken
  for peer in peers:
    ratio = median(added[mine]) / median(added[peer])
    figures.append(
      Figure(f"half load: {mine} : {peer}, added 99th percentile", ratio, "", 1 if peer == "haproxy" else None))
  return figures
