"""An app whose build prints a million lines of about 80 bytes, a tenth of them in colour, by `cat` from a file in
memory. Bascule is measured by the duration of its phase 3, which holds that build and little else; `sh -c 'cat > file'`
stands beside it. All of them are masked, recorded with the time of each, and counted in the log on disk afterwards.
CPU is the manager's own, from the trigger until the log is compressed. Memory is VmHWM over what was resident
before the first of these builds, with a release live."""

import gzip
import json
import time
from pathlib import Path
from statistics import median

import commands
import process
from manager import Manager
from report import Figure, ratio, rounds
from repository import SMALL_APP, Repository

LINES = 1_000_000
# Seconds after which a build of so many lines does not end any more.
PATIENCE = 120


def measure(scratch: Path) -> list[Figure]:
  output = Path("/dev/shm") / f"bascule-bench-{scratch.parent.name}"
  try:
    write(output)
    repository = Repository(scratch / "repository", SMALL_APP)
    with Manager(scratch, repository.path, BUILD_COMMAND=f"[ ! -e loud ] || cat {output}") as manager:
      return compare(manager, repository, output, scratch)
  finally:
    output.unlink(missing_ok=True)


def write(output: Path) -> None:
  with output.open("w") as file:
    for number in range(LINES):
      text = f"[{number:7}] compiled src/components/part-{number % 977}/index.tsx in {number % 83} ms"
      file.write(f"\x1b[32m✓\x1b[0m {text}\n" if number % 10 == 0 else f"{text}, {number * 7919 % 10007} bytes\n")


def compare(manager: Manager, repository: Repository, output: Path, scratch: Path) -> list[Figure]:
  walls, files, cpus, growths = [], [], [], []
  manager.wait_until_idle()
  time.sleep(3)
  idle = process.memory(manager.pid)["Rss"]
  for number in range(rounds(3)):
    repository.commit({"loud": str(number)})
    manager.wait_until_idle()
    time.sleep(1)
    Path(f"/proc/{manager.pid}/clear_refs").write_text("5")
    cpu = process.cpu_seconds(manager.pid)
    _, deployment = deploy(manager)
    log = manager.root / f"shared/logs/{deployment['id']}.log.gz"
    process.wait_for_file(log, 60)
    cpus.append((process.cpu_seconds(manager.pid) - cpu) / LINES * 1e6)
    growths.append(process.peak_memory(manager.pid) - idle)
    walls.append(next(phase["durationMs"] for phase in deployment["phases"] if phase["name"] == "build"))
    check(log)
    target = scratch / "plain"
    started = time.monotonic()
    commands.show(copying := ["sh", "-c", f"cat {output} > {target}"])
    process.run(copying, stdout=None, stderr=None)
    files.append((time.monotonic() - started) * 1e3)
    target.unlink()
  return [
    Figure("lines a second, from the pipe to the log", LINES / median(walls) * 1e3, "", at_least=300_000),
    Figure("the build step", median(walls), "ms"),
    Figure("the same into a file, by the shell", median(files), "ms"),
    Figure("the build step : the shell", ratio(walls, files)),
    Figure("CPU a line, compression included", median(cpus), "µs"),
    Figure("peak of memory over idle", max(growths), "MiB", 20),
  ]


def deploy(manager: Manager) -> tuple[int, dict]:
  """As `Manager.deploy`, but nobody follows the log."""
  number = manager.ask("POST", "/api/projects/main/deploy", {})["deployment"]
  deadline = time.monotonic() + PATIENCE
  while (deployment := manager.ask("GET", f"/api/deployments/{number}"))["finishedAt"] is None:
    if time.monotonic() > deadline:
      break
    time.sleep(0.05)
  if deployment["state"] != "success":
    raise SystemExit(f"Deployment {number} is {deployment['state']}:\n{manager.log.read_text()[-4000:]}")
  return number, deployment


def check(log: Path) -> None:
  expected = 0
  with gzip.open(log) as lines:
    for line in lines:
      event = json.loads(line)
      if event["type"] == "log" and event.get("step") == "build":
        if f"[{expected:7}]" not in event["message"]:
          raise SystemExit(f"Line {expected} of the build is missing in {log}")
        expected += 1
  if expected != LINES:
    raise SystemExit(f"{log} has {expected} of {LINES} lines")
