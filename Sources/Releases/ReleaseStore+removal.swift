import Glibc
import Linux

/// Removing takes three steps, each safe to be killed after: the ledger says so, the folder leaves `releases/` in
/// one rename, and somebody with time to spare deletes what is in the trash.
extension ReleaseStore {
  /// `running` are the releases that live processes run from.
  package func prunePlan(keep: Int, running: Set<Int>) throws(ReleaseError) -> PrunePlan {
    let ledger = try ledger()
    var needed = running
    if let live = readCurrent().number ?? ledger.live {
      needed.insert(live)
      if let target = try rollbackTarget(from: live) { needed.insert(target) }
    }
    if let previous = ledger.previous, ledger[previous]?.state == .good { needed.insert(previous) }
    return PrunePlan(ledger.releases, keep: keep, needed: needed)
  }

  /// Returns the path to delete, with all below it, before `forget`.
  package func removeToTrash(_ number: Int) throws(ReleaseError) -> String {
    guard readCurrent() != .release(number) else {
      throw ReleaseError("Release \(number) is current, and is not removed.")
    }
    guard try ledger()[number] != nil else {
      throw ReleaseError("Release \(number) was not made by Bascule, and is not removed.")
    }
    guard folderExists(number) else {
      try forget(number)
      return layout.release(number)
    }
    try update(number) { $0.state = .removing }
    return try moveToTrash(number)
  }

  package func forget(_ number: Int) throws(ReleaseError) {
    var ledger = try ledger()
    guard ledger[number] != nil else { return }
    ledger.remove(number)
    try save(ledger)
  }

  /// All that still waits to be deleted, also after a deletion that was killed.
  package func trashPaths() throws(ReleaseError) -> [String] {
    let inPlace = try ledger().releases.filter { $0.state == .removing && folderExists($0.number) }
    return try inPlace.map { layout.release($0.number) }
      + names(in: layout.trash).map { "\(layout.trash)/\($0)" }
  }

  func moveToTrash(_ number: Int) throws(ReleaseError) -> String {
    let folder = layout.release(number)
    let target = trashPath(for: String(number))
    return try attempt("move \(folder) to \(layout.trash)") { () throws(SystemError) in
      do throws(SystemError) {
        try Files.rename(folder, target)
        return target
      } catch  where error.code == EXDEV {
        // `shared/` is a volume of its own. What is marked as removed is never started, wherever it is.
        return folder
      }
    }
  }

  func trashPath(for name: String) -> String {
    "\(layout.trash)/\(name)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }
}
