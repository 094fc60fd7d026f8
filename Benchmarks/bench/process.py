"""What the kernel says of a process."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import commands


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
  try:
    found = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [child for child in found if not program(child).endswith("/llvm-symbolizer")]
  except OSError:
    return []


def program(pid: int) -> str:
  try:
    return os.readlink(f"/proc/{pid}/exe")
  except OSError:
    return ""


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
