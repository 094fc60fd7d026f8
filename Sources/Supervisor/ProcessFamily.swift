import Glibc
import Linux

/// All the processes that came of one start: its group, and what left the group but still carries the mark
/// it was started with. A wrapper may die before the program it wraps, and a build may leave daemons.
@MainLoop
package struct ProcessFamily {
  package let leader: pid_t
  private let mark: String?
  private let group: gid_t?
  private let table: ProcessTable

  /// `group`: only where the leader was given it.
  package init(leader: pid_t, mark: String?, group: gid_t? = nil, table: ProcessTable) {
    self.leader = leader
    self.mark = mark
    self.group = group
    self.table = table
  }

  /// Those that live. A zombie is none: it waits for its parent, and no signal changes that.
  ///
  /// All of them are our descendants, however they fled: orphans come to PID 1, and to a subreaper. So none is below
  /// what else was started here, where a hundred other apps may be.
  package func members() -> [Procfs.Process] {
    let others = table.children.subtracting([leader])
    let found = Procfs.descendants(of: getpid(), except: others).filter { process in
      guard !process.isZombie else { return false }
      if process.group == leader { return true }
      if let group, Procfs.groups(of: process.pid).contains(group) { return true }
      guard let mark else { return false }
      return Procfs.environment(of: process.pid, has: mark)
    }
    // The kernel's list of children may leave some out while others of them end. A leader that waits to be reaped keeps
    // its group too, but says nothing of others.
    guard found.isEmpty, !isLeaderHere, Glibc.kill(-leader, 0) == 0 else { return found }
    return Procfs.processes().filter { $0.group == leader && !$0.isZombie }
  }

  /// Alive, or about to be reaped.
  private var isLeaderHere: Bool { table.children.contains(leader) }

  package func signal(_ number: Int32) { _ = kill(-leader, number) }

  /// SIGTERM to all, SIGKILL to who is left after `grace`. Returns when none is.
  package func end(grace: Duration) async {
    signal(SIGTERM)
    for process in members() where process.group != leader { _ = kill(process.pid, SIGTERM) }
    if await emptied(within: grace) { return }
    await self.kill()
  }

  package func kill() async {
    // Again and again: between the look and the blow a member may have forked.
    for round in 0..<200 {
      if round >= 3 { freeze() }
      signal(SIGKILL)
      for process in members() where process.group != leader { _ = Glibc.kill(process.pid, SIGKILL) }
      if await emptied(within: .milliseconds(50)) { return }
    }
  }

  /// What forks without end is never all seen in one look. Whoever is stopped forks no more, and keeps its place under
  /// the limit of its user: so there comes a look in which nobody new is found.
  private func freeze() {
    signal(SIGSTOP)
    for _ in 0..<50 {
      let running = members().filter { $0.state != "T" }
      if running.isEmpty { return }
      for process in running { _ = Glibc.kill(process.pid, SIGSTOP) }
    }
  }

  package func emptied(within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.Instant.now + limit
    var emptyLooks = 0
    while true {
      emptyLooks = !isLeaderHere && members().isEmpty ? emptyLooks + 1 : 0
      // One look can miss a process: while it becomes another program its environment is empty.
      if emptyLooks == 2 { return true }
      let remaining = deadline - .now
      if remaining <= .zero { return false }
      await table.nextExit(within: min(remaining, .milliseconds(emptyLooks == 0 ? 50 : 5)))
    }
  }

  private func kill(_ pid: pid_t, _ number: Int32) -> Int32 { Glibc.kill(pid, number) }
}
