"""Git repositories to deploy from."""

import os
from pathlib import Path

import process

IDENTITY = {
  "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
  "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_CONFIG_NOSYSTEM": "1",
}
SMALL_APP = {
  "package.json": '{"name": "app", "scripts": {"start": "bun index.ts"}}\n',
  "index.ts": 'Bun.serve({ fetch: () => new Response("hello\\n") });\n'
  'process.on("SIGTERM", () => process.exit(0));\n',
}


class Repository:
  def __init__(self, path: Path, files: dict[str, str]):
    self.path = path
    path.mkdir()
    self.git("init", "--quiet", "--initial-branch", "main")
    self.commit(files)

  def git(self, *arguments: str, input: str | None = None) -> str:
    command = ["git", "-C", str(self.path), *arguments]
    return process.run(command, input=input, env={**os.environ, **IDENTITY}).strip()

  def commit(self, files: dict[str, str]) -> str:
    for name, text in files.items():
      file = self.path / name
      file.parent.mkdir(parents=True, exist_ok=True)
      file.write_text(text)
    self.git("add", "--all")
    self.git("commit", "--quiet", "--message", "A change")
    return self.git("rev-parse", "HEAD")
