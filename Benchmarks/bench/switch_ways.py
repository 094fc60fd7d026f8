"""How a new release of one small app is brought live. `settle` waits until nothing of the one before goes on."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import commands
import haproxy
import process
from manager import Manager, free_port
from repository import Repository
from shell import Shell

APP = Path(__file__).parents[1] / "apps/released.ts"
# Seconds after which what is waited for does not come any more.
PATIENCE = 60


class Way:
  name = ""
  ours = beside = probes = False
  # From the trigger on; also what the load lasts.
  seconds = 3.0

  def __init__(self, folder: Path):
    manifest = '{"name": "app", "scripts": {"build": "bun build index.ts --target=bun --outdir=build", ' \
      '"start": "bun build/index.js"}}\n'
    self.repository = Repository(folder / "repository", {"package.json": manifest, "index.ts": APP.read_text()})
    self.folder, self.file, self.changes = folder, folder / "probes", 0
    self.port = 0
    self.start()

  def start(self) -> None:
    raise NotImplementedError

  def close(self) -> None:
    raise NotImplementedError

  def deploy(self) -> int:
    """Its number."""
    raise NotImplementedError

  def settle(self) -> None:
    self.changes += 1
    self.repository.commit({"index.ts": APP.read_text() + f"// {self.changes}\n"})

  def healthy(self, release: int) -> float | None:
    """When the app was first probed, on its clock."""
    times = dict(line.split() for line in self.file.read_text().splitlines()) if self.file.exists() else {}
    return float(times[str(release)]) / 1e3 if self.probes else None


class Beside(Way):
  name = "bascule"
  ours = beside = probes = True
  settings = {"HANDOFF": "beside"}

  def start(self) -> None:
    self.manager = Manager(self.folder, self.repository.path, BENCH_PROBES=str(self.file), **self.settings)
    self.manager.__enter__()
    self.port = self.manager.port

  def close(self) -> None:
    self.manager.stop()

  def settle(self) -> None:
    super().settle()
    self.manager.wait_until_idle()

  def deploy(self) -> int:
    return self.manager.deploy()[1]["release"]


class InPlace(Beside):
  name = "bascule, in-place"
  beside = False
  settings = {"HANDOFF": "in-place"}


class Script(Way):
  """The app itself has the port."""

  name = "script"
  seconds = 5.0

  def start(self) -> None:
    self.shell = Shell(self.folder, str(self.repository.path), BENCH_PROBES=str(self.file))
    self.port = self.shell.port
    self.deploy()

  def deploy(self) -> int:
    self.shell.build()
    self.shell.restart()
    return self.shell.number

  def settle(self) -> None:
    super().settle()
    time.sleep(0.5)

  def close(self) -> None:
    self.shell.close()


class HAProxy(Script):
  """Two servers of one backend, of which one is used."""

  name = "haproxy, two servers"
  beside = probes = True
  seconds = 3.0

  def start(self) -> None:
    self.shell = Shell(self.folder, str(self.repository.path), BENCH_PROBES=str(self.file))
    self.port = free_port()
    self.servers = {"a": free_port(), "b": free_port()}
    self.live, self.apps = "b", []
    file, self.api = self.folder / "haproxy.cfg", self.folder / "api"
    text = haproxy.configuration(
      self.port, [f"{name} 127.0.0.1:{port} disabled" for name, port in self.servers.items()],
      process_wide=f"  stats socket {self.api} mode 600 level admin\n")
    file.write_text(text)
    commands.show(haproxy.command(file))
    print("".join(f"    {line}\n" for line in text.splitlines()), end="")
    self.proxy = subprocess.Popen(
      haproxy.command(file), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
      process.wait_for_port(self.port)
      self.deploy()
    except BaseException:
      # Nobody else knows of it yet.
      self.close()
      raise

  def deploy(self) -> int:
    self.shell.build()
    number = self.shell.number
    old, new = self.live, "a" if self.live == "b" else "b"
    self.live = new
    self.apps.append(subprocess.Popen(
      ["bun", "start"], cwd=self.folder / "current", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
      stderr=subprocess.DEVNULL, start_new_session=True,
      env={**self.shell.environment, "RELEASE": str(number), "PORT": str(self.servers[new])}))
    self.probe(self.servers[new])
    self.ask(f"set server app/{new} state ready; set server app/{old} state drain")
    if len(self.apps) > 1:
      self.drain(old)
      self.end(self.apps.pop(0))
    return number

  def drain(self, server: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while self.sessions(server) > 0:
      if time.monotonic() > deadline:
        raise SystemExit(f"HAProxy still has sessions of {server} after {PATIENCE} s.")
      time.sleep(0.05)

  def end(self, app: subprocess.Popen) -> None:
    os.killpg(app.pid, signal.SIGTERM)
    try:
      app.wait(20)
    except subprocess.TimeoutExpired:
      os.killpg(app.pid, signal.SIGKILL)
      app.wait()

  def probe(self, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
      try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
          connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n")
          if connection.recv(4096).startswith(b"HTTP/1.1 200 "):
            return
      except OSError:
        pass
      time.sleep(0.025)
    raise SystemExit(f"The app on port {port} is not healthy after {PATIENCE} s.")

  def ask(self, command: str) -> str:
    commands.show(f"echo '{command}' | socat stdio {self.api}")
    with socket.socket(socket.AF_UNIX) as connection:
      connection.connect(str(self.api))
      connection.sendall(f"{command}\n".encode())
      return b"".join(iter(lambda: connection.recv(65536), b"")).decode()

  def sessions(self, server: str) -> int:
    names, *rows = [line.split(",") for line in self.ask("show stat").splitlines() if line]
    return next(int(row[names.index("scur")]) for row in rows if row[:2] == ["app", server])

  def close(self) -> None:
    process.stop(self.proxy)
    for app in self.apps:
      self.end(app)
