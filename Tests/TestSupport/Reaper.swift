import Linux
import Supervisor

/// The table of this process. There is one, as in the manager: a second would take the first one's children.
/// Nobody catches SIGCHLD here, so a timer stands in for it.
@MainLoop package enum Reaper {
  package static let table: ProcessTable = {
    PIDOne.becomeReaper()
    let table = ProcessTable()
    tick(table)
    return table
  }()

  private static func tick(_ table: ProcessTable) {
    EventLoop.main.after(.milliseconds(2)) {
      table.reap()
      tick(table)
    }
  }

  package static let marks = Marks(root: "/tests")

  /// Who lives and was started with this variable.
  package static func living(_ entry: String) -> [String] {
    Procfs.processes().filter { !$0.isZombie && Procfs.environment(of: $0.pid, has: entry) }.map(\.name)
  }
}
