"""CPU for each answer, of several proxies in turns."""

from collections.abc import Hashable
from dataclasses import dataclass
from statistics import median

from generator import Load, Result
from proxies import Proxy
from quiet import undisturbed
from report import Figure, rounds

Subjects = dict[Hashable, Proxy]
SECONDS = 0.7


@dataclass
class Case:
  name: str
  mode: str
  options: dict
  mine: Hashable
  peers: dict[Hashable, float | None]


@dataclass
class Sample:
  result: Result
  cpu: float
  user: float
  connections: int


def compare(case: Case, subjects: Subjects, load: Load) -> tuple[list[Figure], dict[Hashable, list[Sample]]]:
  taking_part = [case.mine, *case.peers]
  samples: dict[Hashable, list[Sample]] = {subject: [] for subject in taking_part}
  for round in range(rounds(9) + 1):
    turn = round % len(taking_part)
    for subject in taking_part[turn:] + taking_part[:turn]:
      proxy = subjects[subject]
      taken = undisturbed(lambda: sample(case, proxy, load), lambda: proxy.cpu_seconds() + proxy.upstream.cpu_seconds())
      # The first round warms up.
      if round > 0:
        samples[subject].append(taken)
  return figures(case, subjects, samples), samples


def sample(case: Case, proxy: Proxy, load: Load) -> Sample:
  connections, user, cpu = proxy.upstream.accepted(), proxy.user_seconds(), proxy.cpu_seconds()
  result = load.run(case.mode, proxy.port, seconds=SECONDS, **case.options)
  cpu, user = proxy.cpu_seconds() - cpu, proxy.user_seconds() - user
  return Sample(
    result, cpu / result.answered * 1e6, user / result.answered * 1e6, proxy.upstream.accepted() - connections)


def figures(case: Case, subjects: Subjects, samples: dict[Hashable, list[Sample]]) -> list[Figure]:
  made = []
  for subject, taken in samples.items():
    name = f"{case.name}: {subjects[subject].name}"
    made += [
      Figure(f"{name}, CPU", median(each.cpu for each in taken), "µs"),
      # In steps of 10 ms: a median of so few would be one of the steps.
      Figure(f"{name}, of it in user mode", sum(each.user for each in taken) / len(taken), "µs"),
    ]
    if case.mode == "events":
      made.append(Figure(f"{name}, median delay", median(each.result.p50 for each in taken) / 1e3, "ms"))
    else:
      made.append(Figure(f"{name}, throughput", median(each.result.rate for each in taken), "/s"))
  mine = samples[case.mine]
  for peer, bound in case.peers.items():
    ratio = median(our.cpu / their.cpu for our, their in zip(mine, samples[peer]))
    made.append(Figure(f"{case.name}: {subjects[case.mine].name} : {subjects[peer].name}", ratio, "", bound))
  opened = sum(each.connections for each in mine) / sum(each.result.answered for each in mine) * 1000
  made.append(Figure(f"{case.name}: {subjects[case.mine].name}, connections to the app for 1000 answers", opened))
  return made
