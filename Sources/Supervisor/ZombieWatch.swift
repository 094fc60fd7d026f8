import Glibc
import Linux
import Log

/// Names processes that let their dead children lie. Only their parent can reap those; all PID 1 can do for
/// the person on call is to say whose fault it is.
@MainLoop
package final class ZombieWatch {
  private let logger: Logger
  private var suspects: [pid_t: Int] = [:]
  private var named: Set<pid_t> = []

  package init(logger: Logger) { self.logger = logger }

  package func start(every interval: Duration = .seconds(10)) {
    EventLoop.main.after(interval) { [self] in
      look()
      start(every: interval)
    }
  }

  private func look() {
    // On a machine of others, theirs are nobody's business here.
    let processes = getpid() == 1 ? Procfs.processes() : Procfs.descendants(of: getpid())
    var counts: [pid_t: Int] = [:]
    for process in processes where process.isZombie && process.parent != getpid() && process.parent > 1 {
      counts[process.parent, default: 0] += 1
    }
    // Only who shows up in two looks: a zombie for a moment is normal.
    for (parent, count) in counts where suspects[parent] != nil && named.insert(parent).inserted {
      let name = processes.first { $0.pid == parent }?.name ?? "?"
      logger.warn(
        "\(name) (pid \(parent)) does not reap its children: \(count) zombie\(count == 1 ? "" : "s") of it, "
          + "and only it can; if they grow in number, restart the app")
    }
    named.formIntersection(counts.keys)
    suspects = counts
  }
}
