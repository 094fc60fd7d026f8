"""What stands between the load and the upstream. Each is started by `with` and stopped at the end."""

import os
import subprocess
from pathlib import Path

import commands
import haproxy
import process
from generator import Upstream
from manager import BINARY, free_port

MANY = 20_000


class Proxy:
  kind = ""
  # What a unix socket's path follows; with it the upstream is reached by that.
  unix = ""

  def __init__(self, folder: Path, upstream: Upstream, name: str = "", threads: int = 1):
    self.name = name or self.kind
    self.folder, self.upstream, self.threads = folder / self.name.replace(" ", "-"), upstream, threads
    self.port = free_port()

  def command(self) -> list[str]:
    raise NotImplementedError

  def configuration(self) -> str:
    return ""

  @property
  def upstream_address(self) -> str:
    return f"{self.unix}{self.upstream.socket}" if self.unix else f"127.0.0.1:{self.upstream.port}"

  @property
  def file(self) -> Path:
    return self.folder / "configuration"

  def __enter__(self) -> "Proxy":
    self.folder.mkdir(exist_ok=True)
    commands.show(self.command())
    self.file.write_text(self.configuration())
    log = self.folder / "log"
    with log.open("wb") as output:
      self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
      process.wait_for_port(self.port)
    except BaseException:
      self.__exit__()
      print(log.read_text()[-2000:])
      raise
    return self

  def __exit__(self, *_) -> None:
    process.stop(self.process)

  @property
  def pids(self) -> list[int]:
    """Those that forward."""
    return [self.process.pid]

  def cpu_seconds(self) -> float:
    return sum(process.cpu_seconds(pid) for pid in self.pids)

  def user_seconds(self) -> float:
    return sum(process.user_seconds(pid) for pid in self.pids)

  def memory(self) -> dict[str, float]:
    """MiB of those that forward."""
    each = [process.memory(pid) for pid in self.pids]
    return {name: sum(memory[name] for memory in each) for name in each[0]}


class Bascule(Proxy):
  kind = "bascule"

  def command(self) -> list[str]:
    command = [BINARY, "front", "--listen", f"127.0.0.1:{self.port}", "--upstream", self.upstream_address]
    return [*command, "--threads", str(self.threads)] if self.threads > 1 else command


class BasculeUnix(Bascule):
  kind = "bascule, unix socket"
  unix = "unix:"


class HAProxy(Proxy):
  kind = "haproxy"
  process_wide = request = listening = ""

  def configuration(self) -> str:
    return haproxy.configuration(
      self.port, [f"app {self.upstream_address}"], self.threads,
      f"  maxconn {MANY}\n  no strict-limits\n{self.process_wide}", self.request, self.listening)

  def command(self) -> list[str]:
    return haproxy.command(self.file)


class HAProxyUnix(HAProxy):
  kind = "haproxy, unix socket"
  unix = "unix@"


class HAProxyHeaders(HAProxy):
  """Tells the app what Bascule tells it."""

  kind = "haproxy with the same headers"
  request = """  unique-id-format %[uuid]
  unique-id-header X-Request-Id
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
"""


class HAProxyBuffers(HAProxy):
  kind = "haproxy, 256 KiB buffers"
  process_wide = "  tune.bufsize 262144\n"


class HAProxyKeptBuffers(HAProxyBuffers):
  """glibc gives such buffers back to the kernel with each release, and HAProxy takes new pages for the next one."""

  kind = "haproxy, 256 KiB buffers, heap kept"

  def command(self) -> list[str]:
    kept = ["MALLOC_TRIM_THRESHOLD_=1000000000", "MALLOC_MMAP_THRESHOLD_=1000000000"]
    return ["env", *kept, *super().command()]


class HAProxyDeferred(HAProxy):
  """Takes a client in with its first bytes, as Bascule does."""

  kind = "haproxy, defer-accept"
  listening = " defer-accept"


class Nginx(Proxy):
  kind = "nginx"
  listening = ""

  def configuration(self) -> str:
    user = "user root;\n" if os.geteuid() == 0 else ""
    temporary = "".join(
      f"  {name}_temp_path {self.folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""{user}daemon off;
worker_processes {self.threads};
worker_rlimit_nofile {MANY * 2};
pid {self.folder}/pid;
error_log stderr error;
events {{ worker_connections {MANY}; }}
http {{
{temporary}  access_log off;
  keepalive_requests 1000000000;
  upstream app {{
    server {self.upstream_address};
    keepalive 128;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{self.port}{self.listening};
    location / {{
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""

  def command(self) -> list[str]:
    return ["nginx", "-e", "stderr", "-c", str(self.file)]

  @property
  def pids(self) -> list[int]:
    return process.children(self.process.pid)


class NginxDeferred(Nginx):
  kind = "nginx, deferred"
  listening = " deferred"
