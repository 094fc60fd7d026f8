"""A realistic app: 300 source files and 100 dependencies from a registry on loopback, always the same."""

import contextlib
import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import process
from manager import free_port
from repository import Repository

SOURCES = 300
PACKAGES = 100
COMMITS = 2000
REGISTRY = Path(__file__).parents[2] / "Tests/Support/registry.ts"


class Registry:
  """PACKAGES packages, from 5 to 200 files each, of 10 KB on average and a few far larger, as a node_modules
  has them."""

  def __init__(self, scratch: Path):
    self.folder = scratch / "registry"
    self.port = free_port()
    self.chance = random.Random(1)
    for number in range(PACKAGES):
      self.publish(f"package-{number}", self.chance)

  def publish(self, name: str, chance: random.Random, version: str = "1.0.0") -> None:
    folder = self.folder / name / version
    (folder / "lib").mkdir(parents=True)
    manifest = {"name": name, "version": version, "main": "index.js"}
    (folder / "package.json").write_text(json.dumps(manifest))
    count = min(200, max(5, int(chance.lognormvariate(3.2, 1))))
    for number in range(count):
      lines = min(20_000, max(5, int(chance.lognormvariate(4.3, 1.2))))
      (folder / f"lib/part-{number}.js").write_text(code(f"part{number}", chance, lines))
    (folder / "index.js").write_text(f'export * from "./lib/part-0.js";\nexport const name = "{name}";\n')

  @property
  def command(self) -> list[str]:
    return ["bun", str(REGISTRY), str(self.port), str(self.folder)]


def code(name: str, chance: random.Random, lines: int) -> str:
  """Text that compresses about as well as a program does."""
  body = "".join(statement(chance, line) for line in range(lines))
  return f"export function {name}(value) {{\n  let total = 0;\n{body}  return total;\n}}\n"


def statement(chance: random.Random, line: int) -> str:
  factor, modulus = chance.randrange(10**6), chance.randrange(10**6) + 1
  return f"  total = (total * {factor} + value.charCodeAt({line})) % {modulus};\n"


class App:
  """Its repository, with a lockfile and a history; the remote is a bare and packed one, as at a forge."""

  def __init__(self, scratch: Path, registry: Registry):
    self.chance, self.registry, self.scratch = random.Random(2), registry, scratch
    self.newer = 0
    views = [code(f"view{number}", self.chance, 40).splitlines(keepends=True) for number in range(SOURCES)]
    self.sources = {f"source/page-{number % 20}/view-{number}.js": view for number, view in enumerate(views)}
    self.work = Repository(scratch / "work", texts(self.sources) | frame(self.sources, registry.port))
    self.lock()
    self.work.commit({})
    self.make_history()
    self.path = scratch / "repository.git"
    self.url = f"file://{self.path}"
    process.run(["git", "clone", "--quiet", "--bare", str(self.work.path), str(self.path)])
    process.run(["git", "-C", str(self.path), "gc", "--quiet"])
    self.work.git("remote", "add", "origin", str(self.path))

  def lock(self) -> None:
    # Bun believes for minutes what a registry has told it once.
    shutil.rmtree(self.scratch / "lock-cache", ignore_errors=True)
    cache = {**os.environ, "BUN_INSTALL_CACHE_DIR": str(self.scratch / "lock-cache")}
    process.run(["bun", "install", "--lockfile-only"], cwd=self.work.path, env=cache)

  def make_history(self) -> None:
    stream = ""
    for number in range(COMMITS):
      stream += f"commit refs/heads/main\ncommitter Ada <ada@example.org> {1_700_000_000 + number * 3600} +0000\n"
      stream += "data 9\nA change\n\n" + ("from refs/heads/main^0\n" if number == 0 else "")
      for name, text in self.change().items():
        stream += f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"
      stream += "\n"
    self.work.git("fast-import", "--quiet", input=stream)
    self.work.git("reset", "--quiet", "--hard")

  def change(self) -> dict[str, str]:
    """Three lines in each of five source files."""
    changed = self.chance.sample(list(self.sources), 5)
    for name in changed:
      lines = self.sources[name]
      for number in self.chance.sample(range(2, len(lines) - 2), 3):
        lines[number] = statement(self.chance, number)
    return texts({name: self.sources[name] for name in changed})

  def push(self) -> None:
    """Of a change of the source."""
    self.send(self.change())

  def push_dependency(self) -> None:
    """Of a new version of one package, another one each time."""
    name, version = f"package-{self.newer % PACKAGES}", f"1.0.{1 + self.newer // PACKAGES}"
    self.newer += 1
    self.registry.publish(name, self.registry.chance, version)
    manifest = json.loads((self.work.path / "package.json").read_text())
    manifest["dependencies"][name] = version
    (self.work.path / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    self.lock()
    self.send({})

  def send(self, files: dict[str, str]) -> None:
    self.work.commit(files)
    self.work.git("push", "--quiet", "origin", "main")


@contextlib.contextmanager
def app(scratch: Path) -> Iterator[App]:
  """With its registry running."""
  registry = Registry(scratch)
  with process.server(registry.command, registry.port):
    yield App(scratch, registry)


def texts(sources: dict[str, list[str]]) -> dict[str, str]:
  return {name: "".join(lines) for name, lines in sources.items()}


def frame(sources: dict[str, list[str]], registry: int) -> dict[str, str]:
  """What makes an app of the sources."""
  imports = [f'import {{ view{number} }} from "./{name}";' for number, name in enumerate(sources)]
  imports += [f'import {{ part0 as package{number} }} from "package-{number}";' for number in range(PACKAGES)]
  uses = [f"view{number}" for number in range(SOURCES)] + [f"package{number}" for number in range(PACKAGES)]
  manifest = {
    "name": "app",
    "scripts": {"build": "bun build index.js --target bun --minify --outdir dist", "start": "bun dist/index.js"},
    "dependencies": {f"package-{number}": "1.0.0" for number in range(PACKAGES)},
  }
  return {
    "index.js": "\n".join(imports) + f"""
const all = [{", ".join(uses)}];
Bun.serve({{ fetch: () => new Response(String(all.map((each) => each("hello, world")))) }});
process.on("SIGTERM", () => process.exit(0));
""",
    "package.json": json.dumps(manifest, indent=2) + "\n",
    "bunfig.toml": f'[install]\nregistry = "http://127.0.0.1:{registry}/"\n',
    ".gitignore": "node_modules\ndist\n",
  }
