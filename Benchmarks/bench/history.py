"""A past that nobody waits for."""

import sqlite3
import time
from pathlib import Path

from manager import Manager

# The newest has succeeded.
STATES = ["success", "failed", "superseded", "canceled"]


def fill(manager: Manager, count: int) -> None:
  """`count` deployments more: their rows, their logs, and a line in revisions.log each. It must not run."""
  shared = manager.root / "shared"
  database = sqlite3.connect(shared / "bascule.db")
  first = 1 + (database.execute("SELECT max(id) FROM deployments").fetchone()[0] or 0)
  rows = (
    (number, "main", STATES[(first + count - 1 - number) % 4], "fast", "push", "ada", "main", f"{number:040x}", "Ada", f"Change {number}",
      number, 0, 1_700_000_000_000 + number, 1_700_000_000_000 + number, 1_700_000_001_000 + number, "[]", 0)
    for number in range(first, first + count)
  )
  database.executemany(
    """INSERT INTO deployments (id, project, state, mode, "trigger", actor, ref, "commit", author, message, "release",
    forced, queued_at, started_at, finished_at, phases, exit_code)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""", rows)
  database.commit()
  database.close()
  write_logs(shared / "logs", range(first, first + count))
  write_lines(manager.root / "revisions.log", range(first, first + count))


def write_logs(folder: Path, numbers: range) -> None:
  event = '{"type":"complete","message":"It is live","at":"2026-01-01T00:00:00.000Z"}\n'
  for number in numbers:
    (folder / f"{number}.log").write_text(event)


def write_lines(file: Path, numbers: range) -> None:
  """All of one release, so that the numbers of the next ones are what they would be without them."""
  at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
  with file.open("a") as lines:
    for number in numbers:
      lines.write(f"{at} Branch main (at {number:07x}) deployed as release 1 by ada\n")
