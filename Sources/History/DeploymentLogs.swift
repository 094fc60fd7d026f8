import Glibc
import Linux

/// The folder of the recorded streams, `ID.log` each.
package enum DeploymentLogs {
  /// Removes all but the newest. Waits on the disk: for `Blocking.disk`.
  package static func prune(folder: String, keep: Int = 200) {
    let numbers = ((try? Files.list(folder)) ?? []).compactMap { name -> Int64? in
      name.hasSuffix(".log") ? Int64(name.dropLast(4)) : nil
    }
    for number in numbers.sorted(by: >).dropFirst(keep) { _ = unlink("\(folder)/\(number).log") }
  }
}
