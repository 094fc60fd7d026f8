"""The commands that are measured, printed so that anybody can repeat them by hand; each once a measurement."""

import os
import shlex

shown: set[str] = set()


def begin() -> None:
  shown.clear()


def show(command: list[str] | str, environment: dict[str, str] | None = None) -> None:
  """`environment`: what it needs of one."""
  words = [f"{name}={shlex.quote(value)}" for name, value in (environment or {}).items()]
  text = command if isinstance(command, str) else shlex.join(command)
  lines = " ".join([*words, text]).replace(os.environ["BENCH_SCRATCH"], "$SCRATCH").strip().splitlines()
  # Ports and folders differ from start to start.
  kind = "".join(character for character in "".join(lines) if not character.isdigit())
  if kind in shown:
    return
  shown.add(kind)
  print(f"  $ {lines[0]}" + "".join(f"\n    {line}" for line in lines[1:]), flush=True)
