"""What the kernel says of a process, and processes that end."""

import os
import re
import select
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import commands

# Seconds after which a command that takes a few hangs.
PATIENCE = 300


def cpu_seconds(pid: int) -> float:
  """utime + stime of all its threads, dead ones too, children not: the clock that clock_getcpuclockid(3)
  names, since /proc/PID/stat counts in steps of 10 ms."""
  return time.clock_gettime((~pid << 3) | 2)


def user_seconds(pid: int) -> float:
  """The part of them in user mode, in steps of 10 ms."""
  return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]) / os.sysconf("SC_CLK_TCK")


def children_cpu_seconds(pid: int) -> float:
  """Of the children it has waited for."""
  fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
  return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float]:
  """smaps_rollup in MiB, by name: Rss, Pss, Anonymous and others."""
  text = Path(f"/proc/{pid}/smaps_rollup").read_text()
  return {name: int(size) / 1024 for name, size in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}


def peak_memory(pid: int) -> float:
  return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def child_running(name: str, parent: int) -> int:
  """The child's pid, as soon as it runs the program of that name or path; looked for without a pause."""
  deadline = time.monotonic() + 20
  while time.monotonic() < deadline and program(parent):
    for child in children(parent):
      if name in (path := program(child), path.rpartition("/")[2]):
        return child
  raise SystemExit(f"{name} was not started by process {parent}.")


def tree(pid: int) -> list[int]:
  """It and all that descends from it."""
  return [pid, *(other for child in children(pid) for other in tree(child))]


def threads(pid: int) -> int:
  return len(os.listdir(f"/proc/{pid}/task"))


def descriptors(pid: int) -> int:
  return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid: int) -> list[int]:
  """Of its main thread; none when it is gone. What a sanitizer in it has started to name functions is not its own."""
  return [child for child in _all_children(pid) if not _names_functions(child)]


def open_files(pid: int) -> list[str]:
  """What its descriptors are, without those to what a sanitizer in it has started."""
  theirs: set[str] = set()
  for child in filter(_names_functions, _all_children(pid)):
    with suppress(OSError):
      theirs.update(_links(child))
  return [name for name in _links(pid) if name not in theirs or not name.startswith("pipe:")]


def _all_children(pid: int) -> list[int]:
  try:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
  except OSError:
    return []


def _names_functions(pid: int) -> bool:
  return program(pid).endswith("/llvm-symbolizer")


def _links(pid: int) -> list[str]:
  found = []
  for number in os.listdir(f"/proc/{pid}/fd"):
    with suppress(OSError):
      found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
  return found


def program(pid: int) -> str:
  try:
    return os.readlink(f"/proc/{pid}/exe")
  except OSError:
    return ""


def run(command: list[str], seconds: float = PATIENCE, input: str | None = None, **options: object) -> str:
  """Its output, unless `options` send that elsewhere. A failure ends the measurement, and so does one that hangs."""
  pipe = subprocess.PIPE
  options = {"stdin": subprocess.DEVNULL if input is None else pipe, "stdout": pipe, "stderr": pipe, **options}
  with child(command, text=True, **options) as started:
    output, errors = finish(started, seconds, input)
  if started.returncode != 0:
    raise SystemExit(f"{shlex.join(command)} ended with {started.returncode}:\n{(errors or '')[-4000:]}".rstrip(":\n"))
  return output


@contextmanager
def child(command: list[str], **options: object) -> Iterator[subprocess.Popen]:
  """Where it has not ended by itself within the block, it and all that descends from it end with the block."""
  with subprocess.Popen(command, **options) as started:
    try:
      yield started
    finally:
      for pid in tree(started.pid) if started.poll() is None else []:
        with suppress(ProcessLookupError):
          os.kill(pid, signal.SIGKILL)


def finish(started: subprocess.Popen, seconds: float, input: str | None = None) -> tuple[str, str]:
  """What it prints into pipes, as soon as it has ended by itself."""
  try:
    if not (started.stdin or started.stdout or started.stderr):
      # To the moment, since this may be measured; `communicate` would look only every 50 ms.
      descriptor = os.pidfd_open(started.pid)
      ended = select.select([descriptor], [], [], seconds)[0]
      os.close(descriptor)
      if not ended:
        raise subprocess.TimeoutExpired(started.args, seconds)
    return started.communicate(input, seconds)
  except subprocess.TimeoutExpired:
    hanging = [shlex.join(started.args), *map(arguments, tree(started.pid)[1:])]
    raise SystemExit(f"{' > '.join(hanging)} hangs: {seconds:.0f} s were not enough for its end.") from None


def arguments(pid: int) -> str:
  try:
    return shlex.join(Path(f"/proc/{pid}/cmdline").read_text(errors="replace").rstrip("\0").split("\0"))
  except OSError:
    return program(pid)


@contextmanager
def server(command: list[str], port: int) -> Iterator[subprocess.Popen]:
  """Runs it as long as the block, which begins when it listens."""
  commands.show(command)
  child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
  try:
    wait_for_port(port)
    yield child
  finally:
    stop(child)


def wait_for_port(port: int) -> None:
  deadline = time.monotonic() + 20
  while time.monotonic() < deadline:
    try:
      return socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
      time.sleep(0.02)
  raise SystemExit(f"Nothing listens on port {port}.")


def wait_for_file(file: Path, seconds: float) -> None:
  deadline = time.monotonic() + seconds
  while not file.exists():
    if time.monotonic() > deadline:
      raise SystemExit(f"{file} was not made within {seconds:.0f} seconds.")
    time.sleep(0.005)


def stop(process: subprocess.Popen) -> None:
  if process.poll() is not None:
    return
  process.terminate()
  try:
    process.wait(20)
  except subprocess.TimeoutExpired:
    process.kill()
    process.wait()
