"""A running `bascule`, PID 1 of a namespace as in a container, spoken to over its socket as its own commands do."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import commands
import process

BINARY = os.environ["BENCH_SCRATCH"] + "/bascule"
NAMESPACE = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"]
if os.geteuid() != 0:
  NAMESPACE.append("--map-root-user")
SECRET = "a secret of the benchmarks"
# Of its environment, what no repetition needs.
OURS = {"PATH", "HOME"}


def launch(command: list[str], stamp: Path) -> list[str]:
  """It as PID 1 of a namespace; when its exec begins is written to `stamp`."""
  return [*NAMESPACE, "bash", "-c", 'echo "$EPOCHREALTIME" >"$0"; exec "$@"', str(stamp), *command]


def free_port() -> int:
  with socket.create_server(("127.0.0.1", 0)) as server:
    return server.getsockname()[1]


class SocketConnection(http.client.HTTPConnection):
  def __init__(self, path: Path):
    super().__init__("localhost", timeout=process.PATIENCE)
    self.path = path

  def connect(self) -> None:
    self.sock = socket.socket(socket.AF_UNIX)
    self.sock.settimeout(self.timeout)
    self.sock.connect(str(self.path))


class ControlPort:
  """One kept connection."""

  def __init__(self, manager: "Manager"):
    self.headers = {"Authorization": f"Bearer {manager.token()}"}
    self.connection = http.client.HTTPConnection("127.0.0.1", manager.control_port, timeout=60)

  def get(self, path: str) -> bytes:
    commands.show(f"curl -H 'Authorization: Bearer …' localhost:$CONTROL_PORT{path}")
    self.connection.request("GET", path, headers=self.headers)
    answer = self.connection.getresponse()
    body = answer.read()
    if answer.status != 200:
      raise SystemExit(f"{path} was answered with {answer.status}: {body[:200]}")
    return body

  def close(self) -> None:
    self.connection.close()


class Manager:
  """`with Manager(...) as manager:`: it is stopped at the end, and its app with it."""

  def __init__(self, scratch: Path, repository: Path | str, **settings: str):
    self.root = scratch / "app"
    self.port, self.control_port = free_port(), free_port()
    # How many of its children stay.
    self.apps = 1
    self.log, self.stamp = scratch / "bascule.log", scratch / "launched"
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    self.root.mkdir(exist_ok=True)
    self.environment = {
      "PATH": os.environ["PATH"], "HOME": str(home), "APP_ROOT": str(self.root), "PORT": str(self.port),
      "CONTROL_PORT": str(self.control_port), "GIT_REPO": str(repository), "WEBHOOK_SECRET": SECRET,
      "WATCH_TIME": "1", **settings,
    }

  def start(self) -> None:
    self.stamp.unlink(missing_ok=True)
    commands.show([BINARY, "run"], {name: value for name, value in self.environment.items() if name not in OURS})
    with self.log.open("ab") as log:
      self.process = subprocess.Popen(
        launch([BINARY, "run"], self.stamp), env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    self.pid = self.find()

  def __enter__(self) -> "Manager":
    self.start()
    try:
      self.wait_until_live()
    except BaseException:
      self.stop()
      raise
    return self

  def __exit__(self, *_) -> None:
    self.stop()

  def find(self) -> int:
    """Its pid out here, as soon as it runs."""
    try:
      return process.child_running(BINARY, self.process.pid)
    except SystemExit as error:
      self.process.kill()
      raise SystemExit(f"{error}\n{self.log.read_text()[-4000:]}") from None

  def stop(self) -> None:
    try:
      os.kill(self.pid, signal.SIGTERM)
      self.process.wait(20)
    except ProcessLookupError:
      self.process.wait()
    except subprocess.TimeoutExpired:
      # Takes the namespace along.
      self.process.kill()
      self.process.wait()

  def wait_until_live(self, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
      if self.process.poll() is not None:
        break
      try:
        status = self.status()
        if status["live"] and not status["current"]:
          return
        if not status["live"] and status["last"] and status["last"]["state"] == "failed":
          break
      except OSError:
        pass
      time.sleep(0.02)
    raise SystemExit(f"No release came to live:\n{self.log.read_text()[-4000:]}")

  def status(self) -> dict:
    return self.ask("GET", "/api/projects/main/status")

  def ask(self, method: str, path: str, body: dict | None = None) -> dict:
    connection = SocketConnection(self.root / "shared/bascule.sock")
    headers = {"X-Bascule-Actor": "bench", "Content-Type": "application/json"}
    try:
      connection.request(method, path, json.dumps(body) if body is not None else None, headers)
      return json.loads(connection.getresponse().read())
    except TimeoutError:
      raise SystemExit(f"The manager hangs: {method} {path} was not answered in {connection.timeout} s.") from None
    finally:
      connection.close()

  def token(self) -> str:
    """An admin's, for the control port."""
    command = [BINARY, "token", "--sub", "bench", "--admin"]
    return process.run(command, env={"APP_ROOT": str(self.root)}).strip()

  def deploy(self) -> tuple[float, dict]:
    """Seconds from the trigger to `complete`, and the deployment as it is recorded."""
    commands.show("bascule deploy")
    started = time.monotonic()
    number = self.ask("POST", "/api/projects/main/deploy", {})["deployment"]
    connection = SocketConnection(self.root / "shared/bascule.sock")
    connection.request(
      "GET", f"/api/deployments/{number}/log?follow=1", headers={"Accept": "application/x-ndjson"})
    ended = None
    try:
      for line in connection.getresponse():
        if json.loads(line)["type"] == "complete":
          ended = time.monotonic()
        if time.monotonic() - started > process.PATIENCE:
          raise TimeoutError
    except TimeoutError:
      took = time.monotonic() - started
      raise SystemExit(f"Deployment {number} hangs, {took:.0f} s so far:\n{self.log.read_text()[-4000:]}") from None
    finally:
      connection.close()
    if ended is None:
      raise SystemExit(f"Deployment {number} failed:\n{self.log.read_text()[-4000:]}")
    return ended - started, self.ask("GET", f"/api/deployments/{number}")

  def wait_until_idle(self, every: float = 0.02, seconds: float = 120) -> None:
    """Also the pruning, which goes on after a deployment."""
    deadline = time.monotonic() + seconds
    while (current := self.status()["current"]) or len(process.children(self.pid)) > self.apps:
      if time.monotonic() > deadline:
        left = [process.program(child) for child in process.children(self.pid)]
        raise SystemExit(
          f"Not idle after {seconds:.0f} s: deployment {current}, children {left}:\n{self.log.read_text()[-4000:]}")
      time.sleep(every)
