"""A realistic app: 300 source files and 100 dependencies from a registry on loopback, always the same."""

import json
import os
import random
import subprocess
import time
from pathlib import Path

import load
import process
from manager import free_port
from repository import Repository

SOURCES = 300
PACKAGES = 100
COMMITS = 150
REGISTRY = Path(__file__).parents[2] / "Tests/Support/registry.ts"


class Registry:
  """Serves PACKAGES packages, from 5 to 200 files each; `with Registry(...) as registry:`."""

  def __init__(self, scratch: Path):
    self.folder = scratch / "registry"
    self.port = free_port()
    chance = random.Random(1)
    self.files = 0
    for number in range(PACKAGES):
      self.publish(f"package-{number}", chance)

  def publish(self, name: str, chance: random.Random) -> None:
    folder = self.folder / name / "1.0.0"
    (folder / "lib").mkdir(parents=True)
    manifest = {"name": name, "version": "1.0.0", "main": "index.js"}
    (folder / "package.json").write_text(json.dumps(manifest))
    count = min(200, max(5, int(chance.lognormvariate(3.2, 1))))
    for number in range(count):
      (folder / f"lib/part-{number}.js").write_text(code(f"part{number}", chance, chance.randint(20, 120)))
    (folder / "index.js").write_text(f'export * from "./lib/part-0.js";\nexport const name = "{name}";\n')
    self.files += count + 2

  def __enter__(self) -> "Registry":
    command = ["bun", str(REGISTRY), str(self.port), str(self.folder)]
    self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    load.wait_for_port(self.port)
    return self

  def __exit__(self, *_) -> None:
    process.stop(self.process)


def code(name: str, chance: random.Random, lines: int) -> str:
  """Text that compresses about as well as a program does."""
  body = "".join(
    f"  total = (total * {chance.randrange(10**6)} + value.charCodeAt({line})) % {chance.randrange(10**6) + 1};\n"
    for line in range(lines)
  )
  return f"export function {name}(value) {{\n  let total = 0;\n{body}  return total;\n}}\n"


class App:
  """Its repository, with a lockfile and a history; the remote is a bare and packed one, as at a forge."""

  def __init__(self, scratch: Path, registry: Registry):
    chance = random.Random(2)
    names = [f"source/page-{number % 20}/view-{number}.js" for number in range(SOURCES)]
    files = {name: code(f"view{number}", chance, 40) for number, name in enumerate(names)}
    imports = "".join(f'import {{ view{number} }} from "./{name}";\n' for number, name in enumerate(names))
    imports += "".join(f'import {{ part0 as package{number} }} from "package-{number}";\n' for number in range(PACKAGES))
    uses = ", ".join([f"view{number}" for number in range(SOURCES)] + [f"package{number}" for number in range(PACKAGES)])
    files["index.js"] = (
      imports + f"const all = [{uses}];\n"
      'Bun.serve({ fetch: () => new Response(String(all.map((each) => each("hello, world")))) });\n'
      'process.on("SIGTERM", () => process.exit(0));\n'
    )
    scripts = {"build": "bun build index.js --target bun --outdir dist", "start": "bun dist/index.js"}
    dependencies = {f"package-{number}": "1.0.0" for number in range(PACKAGES)}
    files["package.json"] = json.dumps({"name": "app", "scripts": scripts, "dependencies": dependencies}, indent=2)
    files["bunfig.toml"] = f'[install]\nregistry = "http://127.0.0.1:{registry.port}/"\n'
    files[".gitignore"] = "node_modules\ndist\n"
    self.work = Repository(scratch / "work", files)
    install = ["bun", "install", "--lockfile-only"]
    cache = {**os.environ, "BUN_INSTALL_CACHE_DIR": str(scratch / "lock-cache")}
    subprocess.run(install, cwd=self.work.path, env=cache, check=True, capture_output=True)
    self.work.commit({})
    self.names, self.chance = names, chance
    for _ in range(COMMITS):
      self.change()
    self.path = scratch / "repository.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(self.work.path), str(self.path)], check=True)
    self.work.git("remote", "add", "origin", str(self.path))
    subprocess.run(["git", "-C", str(self.path), "gc", "--quiet"], check=True)

  def change(self) -> None:
    """A commit that touches five source files."""
    numbers = self.chance.sample(range(SOURCES), 5)
    self.work.commit({self.names[number]: code(f"view{number}", self.chance, 40) for number in numbers})

  def push(self) -> None:
    self.change()
    self.work.git("push", "--quiet", "origin", "main")
