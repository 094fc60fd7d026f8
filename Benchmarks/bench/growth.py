"""What a deployment, a RELOAD, a page of the history and a request cost as there is more of everything else: 1, 10 and 100
projects, each with an app that runs; 100, 1,000 and 100,000 deployments on record, with their logs and their lines in
revisions.log; 100, 1,000 and 10,000 idle connections, or as many as the machine's hard limit of descriptors lets a proxy
have, beside HAProxy and nginx in turns. The apps are the upstream of Benchmarks/load and the repository is one file, so that
what is seen is the manager and git.

A deployment's CPU is the manager's own from the trigger until everything is quiet again (the old app kept for a second,
stopped, the disk tidied up), and in all, with git and whatever else was started and has ended. Its wall time ends with
`complete`. A RELOAD's ends when RELOAD.result is there. The history page is the newest fifty deployments over one kept
connection. All are medians. An idle second is one of twenty. A request's sample is taken again as in `front`.

A deployment and a RELOAD concern one project, and a page the newest of its past: nothing in them has a reason to grow with
the number of projects or of deployments. So what they take with most of either is held against 1.25 of what they take with
fewest, which leaves room for what the clock and the caches of the machine do. With 100 projects a deployment's CPU has in
it what they cost for the seconds until everything is quiet; and whenever a command or an app has ended, what it left is
looked for in the kernel's list of the manager's children, in which every app stands. A RELOAD's time has steps of 5 ms,
since an app that is not up yet is asked again after that. Requests beside idle connections stand beside those of the peers,
without a bound: the kernel has more sockets to look up too.

What has a reason to grow: the list of projects, as long as they are many; an idle second, since each project's folder is
looked at every two seconds for a RELOAD, for volumes that send no events, and all that runs every ten, for zombies; memory
and descriptors, since each project has a pipe from its app, its settings and its queue. A start brings up every project,
and beside that, when the app serves already, looks once through the whole past: it checks the database, and finds logs
that a kill has left unpacked or without a deployment. The first /metrics and the first deployment after a start count the
rows; the figure is that of later ones.
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
