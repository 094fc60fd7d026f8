"""A forge's push of about 10 KiB, as GitHub sends it, each with a delivery and a commit of its own."""

import hashlib
import hmac
import json
import uuid

PERSON = {"name": "ada", "email": "ada@example.org", "username": "ada"}
# What fills GitHub's payloads: a URL for each thing one can ask of a repository.
ASPECTS = (
  "forks keys{/key_id} collaborators{/collaborator} teams hooks issues/events{/number} events assignees{/user} "
  "branches{/branch} tags git/blobs{/sha} git/tags{/sha} git/refs{/sha} git/trees{/sha} statuses/{sha} languages "
  "stargazers contributors subscribers subscription commits{/sha} git/commits{/sha} comments{/number} "
  "issues/comments{/number} contents/{+path} compare/{base}...{head} merges {archive_format}{/ref} downloads "
  "issues{/number} pulls{/number} milestones{/number} labels{/name} releases{/id} deployments"
).split()
SIZE = 10 * 1024


def body(before: str, after: str) -> bytes:
  api, page = "https://api.github.com/repos/acme/app", "https://github.com/acme/app"
  owner = {"login": "acme", "id": 583231, "node_id": "U_kgDOAAjoXw", "type": "Organization", "site_admin": False}
  repository = {
    "id": 1296269, "node_id": "R_kgDOABPHjQ", "name": "app", "full_name": "acme/app", "private": True,
    "owner": owner, "html_url": page, "description": "The app – « zéro coupure »", "fork": False,
    **{field(aspect): f"{api}/{aspect}" for aspect in ASPECTS},
    "clone_url": page + ".git", "ssh_url": "git@github.com:acme/app.git", "size": 10412, "stargazers_count": 80,
    "topics": ["bun", "deployment"], "default_branch": "main", "license": None, "archived": False,
  }
  head = commit(after, page, 0)
  push = {
    "ref": "refs/heads/main", "before": before, "after": after, "repository": repository, "pusher": PERSON,
    "organization": owner, "sender": owner, "created": False, "deleted": False, "forced": False, "base_ref": None,
    "compare": f"{page}/compare/{before[:12]}...{after[:12]}", "commits": [head], "head_commit": head,
  }
  number = 1
  while len(encode(push)) < SIZE:
    push["commits"].append(commit(hashlib.sha1(f"{after}{number}".encode()).hexdigest(), page, number))
    number += 1
  return encode(push)


def field(aspect: str) -> str:
  return (aspect.partition("{")[0].strip("/").replace("/", "_") or "archive") + "_url"


def encode(value: dict) -> bytes:
  return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def commit(hash: str, page: str, number: int) -> dict:
  return {
    "id": hash, "tree_id": hash[::-1], "distinct": True, "url": f"{page}/commit/{hash}",
    "message": f"Make part {number} of the page \"lighter\"\n\nIt was heavy on a slow line.",
    "timestamp": "2026-03-14T09:26:53+01:00", "author": PERSON, "committer": PERSON,
    "added": [], "removed": [], "modified": [f"source/pages/part-{number}.ts", f"test/pages/part-{number}.test.ts"],
  }


def requests(
  count: int, path: str, port: int, secret: str, before: str, keep_alive: bool, branch: str = "main"
) -> list[bytes]:
  """Ready to be written to a socket: what making and signing them costs is not in the time of the run."""
  template = body(before, "0123456789" * 4).replace(b"refs/heads/main", f"refs/heads/{branch}".encode())
  made = []
  for _ in range(count):
    delivery = str(uuid.uuid4())
    after = hashlib.sha1(delivery.encode()).hexdigest()
    text = template.replace(b"0123456789" * 4, after.encode())
    signature = hmac.new(secret.encode(), text, "sha256").hexdigest()
    head = (
      f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: GitHub-Hookshot/044aadd\r\nAccept: */*\r\n"
      f"Content-Type: application/json\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: {delivery}\r\n"
      f"X-GitHub-Hook-ID: 292430182\r\nX-Hub-Signature-256: sha256={signature}\r\n"
      f"Content-Length: {len(text)}\r\nConnection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    )
    made.append(head.encode() + text)
  return made
