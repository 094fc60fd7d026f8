import Glibc
import Linux

/// The folder of the recorded streams, `ID.log` each.
@MainLoop
package final class DeploymentLogs {
  package let folder: String
  private var open: [Int64: DeploymentLog] = [:]

  package init(folder: String) { self.folder = folder }

  /// That of a deployment that waits or runs: made when it is queued, so that whoever follows it need not wait for
  /// it to start.
  package func log(of id: Int64) -> DeploymentLog {
    if let known = open[id] { return known }
    let log = DeploymentLog(path: path(id))
    open[id] = log
    return log
  }

  /// nil for one that has ended.
  package func live(_ id: Int64) -> DeploymentLog? { open[id] }

  package func finish(_ id: Int64) { open.removeValue(forKey: id)?.finish() }

  package func reader(of id: Int64) -> LogReader { LogReader(path: path(id), live: open[id]) }

  private func path(_ id: Int64) -> String { "\(folder)/\(id).log" }

  /// Removes all but the newest. Waits on the disk: for `Blocking.disk`.
  package nonisolated static func prune(folder: String, keep: Int = 200) {
    let numbers = ((try? Files.list(folder)) ?? []).compactMap { name -> Int64? in
      name.hasSuffix(".log") ? Int64(name.dropLast(4)) : nil
    }
    for number in numbers.sorted(by: >).dropFirst(keep) { _ = unlink("\(folder)/\(number).log") }
  }
}
