"""What a deployment, a RELOAD, a page of the history and a request cost as there is more of everything else: 1, 10 and 100
projects, each with an app that runs; 100, 1,000 and 100,000 deployments on record, with their logs and their lines in
revisions.log; 100, 1,000 and 10,000 idle connections, or as many as the machine's hard limit of descriptors lets a proxy
have, beside HAProxy and nginx in turns. The apps are the upstream of Benchmarks/load and the repository is one file, so that
what is seen is the manager and git.

A deployment's CPU is the manager's own from the trigger until everything is quiet again (the old app kept for a second,
stopped, the disk tidied up), and in all, with git and whatever else was started and has ended. Its wall time ends with
`complete`. A RELOAD's ends when RELOAD.result is there. The history page is the newest fifty deployments over one kept
connection. All are medians. An idle second is one of three.

Flat, but for what is said here. An idle second grows with the projects, since each looks for RELOAD every two seconds
where a volume sends no events; the list of projects is as long as they are many, and a start brings all of them up.
git's share of a deployment does not know how many there were. What walks through the whole history is the start alone:
the check of the database, and the look for logs that nobody owns.
"""

from pathlib import Path

import growth_connections
import growth_history
import growth_projects
from report import Figure


def measure(scratch: Path) -> list[Figure]:
  figures = []
  for part in (growth_projects, growth_history, growth_connections):
    folder = scratch / part.__name__
    folder.mkdir()
    figures += part.measure(folder)
  return figures
