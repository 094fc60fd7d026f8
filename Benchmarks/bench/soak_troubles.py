"""What happens to the manager in a soak, by a plan that the seed makes: deployments good and bad, RELOADs, rollbacks,
crashes. Each kind once, so that a short soak has all of them, and then as chance will have it."""

import collections
import hmac
import json
import os
import random
import re
import select
import signal
import time
import uuid
from pathlib import Path

import process
import push
from manager import SECRET, Manager
from repository import Repository
from soak_clients import Contract, Wrong, request

SOURCE = (Path(__file__).parents[1] / "apps/soaked.ts").read_text()
# How often of a hundred.
PLAN = {
  "push": 36, "three pushes": 8, "failing build": 6, "sick release": 6, "reload": 14, "rollback": 8, "kill": 9,
  "exit": 6, "sick for a while": 7,
}
PAUSE = 1.2


def app(number: int, behaviour: str = "well") -> dict[str, str]:
  build = "echo building; exit 3" if behaviour == "unbuildable" else "echo built"
  return {
    "app.json": json.dumps({"behaviour": behaviour, "number": number}), "index.ts": SOURCE,
    "package.json": json.dumps({"name": "app", "scripts": {"build": build}}),
  }


class Troubles:
  def __init__(self, manager: Manager, repository: Repository, contract: Contract, seed: int):
    self.manager, self.repository, self.contract = manager, repository, contract
    self.chance = random.Random(seed)
    self.made = collections.Counter()
    self.number = 0

  def make_until(self, end: float) -> None:
    """All that is random is drawn whatever comes of it: the plan is the seed's alone."""
    kinds, weights = list(PLAN), list(PLAN.values())
    first = self.chance.sample(kinds, len(kinds))
    while True:
      pause = self.chance.expovariate(1 / PAUSE)
      drawn = self.chance.choices(kinds, weights)[0]
      quiet, share = self.chance.random() < 0.5, self.chance.random()
      if time.monotonic() + pause > end:
        return
      time.sleep(pause)
      kind = first.pop() if (owed := bool(first)) else drawn
      try:
        if owed:
          self.wait_until_idle(end)
        while not (made := self.make(kind, share)) and owed and time.monotonic() < end:
          time.sleep(0.2)
        self.made[kind] += made
        if quiet:
          self.wait_until_idle(end)
      except Exception as error:
        self.contract.failed(f"{kind}: {error!r}")

  def make(self, kind: str, share: float) -> bool:
    """False when there was nothing just then that it could happen to."""
    return getattr(self, kind.replace(" ", "_"))(share) is not False

  def wait_until_idle(self, end: float) -> None:
    while time.monotonic() < end and self.manager.status()["current"]:
      time.sleep(0.05)

  # ── deployments

  def commit(self, behaviour: str = "well") -> str:
    self.number += 1
    return self.repository.commit(app(self.number, behaviour))

  def deliver(self, commit: str) -> None:
    """As a forge does. A rollback has paused the pushes before."""
    self.manager.ask("POST", "/api/projects/main/resume", {})
    text = push.body("0" * 40, commit)
    headers = {
      "Content-Type": "application/json", "X-GitHub-Event": "push", "X-GitHub-Delivery": str(uuid.uuid4()),
      "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), text, "sha256").hexdigest(),
    }
    with request(self.manager.control_port, "POST", "/deploy", text, headers) as answer:
      said = json.loads(answer.read())
      if (answer.status, said["status"]) != (202, "queued"):
        raise Wrong(f"the push was answered with {answer.status} {said}")

  def push(self, _: float) -> None:
    self.deliver(self.commit())

  def three_pushes(self, _: float) -> None:
    for _ in range(3):
      self.deliver(self.commit())

  def failing_build(self, _: float) -> None:
    self.deliver(self.commit("unbuildable"))

  def sick_release(self, _: float) -> None:
    self.deliver(self.commit("sick"))

  def rollback(self, _: float) -> bool:
    """There may be nothing to go back to, or the target may be on its way."""
    return "error" not in self.manager.ask("POST", "/api/projects/main/rollback", {})

  def reload(self, _: float) -> None:
    os.close(os.open(self.manager.root / "releases/RELOAD", os.O_WRONLY | os.O_CREAT, 0o644))

  # ── crashes

  def sick_for_a_while(self, share: float) -> bool:
    with request(self.manager.port, "GET", f"/sick?ms={200 + int(share * 800)}") as answer:
      answer.read()
    return answer.status == 200

  def kill(self, _: float) -> bool:
    live = self.manager.status()["live"]
    handle = self.handle(live["pid"]) if live else None
    if handle is None:
      return False
    told = time.monotonic()
    signal.pidfd_send_signal(handle, signal.SIGKILL)
    self.until_dead(handle)
    self.contract.died(told)
    return True

  def exit(self, _: float) -> bool:
    told = time.monotonic()
    with request(self.manager.port, "POST", "/exit", b"") as answer:
      inside = answer.read()
    if answer.status != 200:
      return False
    # None when it is dead already.
    handle = self.handle(int(inside))
    if handle is not None:
      self.until_dead(handle)
    self.contract.died(told)
    return True

  def handle(self, inside: int) -> int | None:
    """Of the app's process with that pid in the manager's namespace."""
    for child in process.children(self.manager.pid):
      try:
        numbers = re.search(r"^NSpid:(.*)$", Path(f"/proc/{child}/status").read_text(), re.M)[1].split()
        if int(numbers[-1]) == inside:
          return os.pidfd_open(child)
      except OSError:
        pass
    return None

  def until_dead(self, handle: int) -> None:
    ready, _, _ = select.select([handle], [], [], 20)
    os.close(handle)
    if not ready:
      raise Wrong("the app's process does not end")
