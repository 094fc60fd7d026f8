"""What happens to the manager in a soak, by a plan that the seed makes: deployments good and bad, RELOADs, rollbacks,
crashes."""

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
    while True:
      pause = self.chance.expovariate(1 / PAUSE)
      kind = self.chance.choices(kinds, weights)[0]
      quiet, share = self.chance.random() < 0.5, self.chance.random()
      if time.monotonic() + pause > end:
        return
      time.sleep(pause)
      try:
        if getattr(self, kind.replace(" ", "_"))(share) is not False:
          self.made[kind] += 1
        if quiet:
          self.wait_until_idle(end)
      except Exception as error:
        self.contract.failed(f"{kind}: {error!r}")

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

  def sick_for_a_while(self, share: float) -> None:
    with request(self.manager.port, "GET", f"/sick?ms={200 + int(share * 800)}") as answer:
      answer.read()

  def kill(self, _: float) -> bool:
    live = self.manager.status()["live"]
    handle = self.handle(live["pid"]) if live else None
    if handle is None:
      return False
    with self.contract.death():
      signal.pidfd_send_signal(handle, signal.SIGKILL)
      self.until_dead(handle)
    return True

  def exit(self, _: float) -> None:
    with self.contract.death():
      with request(self.manager.port, "POST", "/exit", b"") as answer:
        inside = answer.read()
      handle = self.handle(int(inside)) if answer.status == 200 else None
      if handle is not None:
        self.until_dead(handle)

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
