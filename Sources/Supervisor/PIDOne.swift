import CLinux
import Glibc
import Linux

/// The duties of a PID 1 that are not about one child.
@MainLoop
package enum PIDOne {
  /// Orphans come to PID 1 by themselves; anyone else has to ask for them.
  package static func becomeReaper() {
    if getpid() != 1 { _ = clinux_become_subreaper() }
  }

  /// For a child that has to tidy up when whoever started it is killed: SIGTERM, where `Spawn` arranges SIGKILL.
  package static func askForTermAtParentsEnd() { _ = clinux_signal_at_parents_end(SIGTERM) }

  /// SIGTERM, then SIGKILL after `grace`, to everything that descends from this process. What others put
  /// into the container (`docker exec`) is not ours; the kernel ends it with PID 1.
  package static func endDescendants(grace: Duration, table: ProcessTable) async {
    let deadline = ContinuousClock.Instant.now + grace
    var warned: Set<pid_t> = []
    while true {
      let living = Procfs.descendants(of: getpid()).filter { !$0.isZombie }
      if living.isEmpty { break }
      let late = ContinuousClock.Instant.now >= deadline
      for process in living where late || warned.insert(process.pid).inserted {
        _ = kill(process.pid, late ? SIGKILL : SIGTERM)
      }
      if late, ContinuousClock.Instant.now > deadline + .seconds(2) { break }
      await table.nextExit(within: .milliseconds(20))
    }
    table.reap()
  }
}
