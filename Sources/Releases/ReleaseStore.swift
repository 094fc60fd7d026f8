import Glibc
import Linux

/// The folders of `releases/`, the link to one of them and the ledger about them.
///
/// A value without a state of its own. Its functions wait on the disk and change files that they have read
/// before: run them on `Blocking.disk`, one at a time.
package struct ReleaseStore: Sendable {
  package let layout: Layout
  package let revisionsLog: RevisionsLog
  /// To whom the folders are given.
  let owner: Identity?
  /// Told, on whatever thread, of a ledger that somebody damaged or removed while it was in use.
  package var onDamage: (@Sendable (String) -> Void)?

  package init(layout: Layout, owner: Identity? = nil) {
    self.layout = layout
    self.owner = owner
    revisionsLog = RevisionsLog(path: layout.revisionsLog)
  }

  package func ledger() throws(ReleaseError) -> Ledger {
    let (ledger, warning) = try load()
    if let warning { onDamage?(warning) }
    return ledger
  }

  /// A number that was never used and never will be again, even if all that follows is lost, and its folder.
  package func reserve(_ revision: Revision, at time: Timestamp = .now) throws(ReleaseError) -> Int {
    var ledger = try ledger()
    let used = max(ledger.highest, try highestBesideLedger())
    guard used < Layout.numbers.upperBound else {
      throw ReleaseError(
        "There is no number after \(used). Remove what is called so from \(layout.releases).")
    }
    let number = used + 1
    ledger.add(Release(number: number, state: .building, revision: revision, createdAt: time))
    try save(ledger)
    let folder = layout.release(number)
    do throws(ReleaseError) {
      _ = try attempt("make \(folder)") { () throws(SystemError) in
        // Somebody may have removed all of it, with the live release in it, which runs on.
        try Folder.open(layout.root).enter(["releases"], creatingFor: owner).make(
          String(number), owner: owner)
      }
    } catch {
      _ = rmdir(folder)
      ledger.remove(number)
      try? save(ledger)
      throw error
    }
    return number
  }

  /// Tells the ledger what only became known after the number was taken.
  package func describe(_ number: Int, _ revision: Revision) throws(ReleaseError) {
    try update(number) { $0.revision = revision }
  }

  /// All of it is on disk when this returns. It is good only once it has been seen to serve: when `current`
  /// names it.
  package func seal(_ number: Int) throws(ReleaseError) {
    let folder = layout.release(number)
    try attempt("write \(folder) to disk") { () throws(SystemError) in try Files.syncFileSystem(of: folder) }
    var ledger = try ledger()
    ledger.candidate = number
    try save(ledger)
  }

  package func mark(_ number: Int, _ state: Release.State, reason: String?) throws(ReleaseError) {
    let before = try ledger()
    var ledger = before
    ledger.update(number) {
      $0.state = state
      $0.reason = reason
    }
    if ledger.candidate == number { ledger.candidate = nil }
    if ledger != before { try save(ledger) }
  }

  package func setSize(_ bytes: Int64, of number: Int) throws(ReleaseError) {
    try update(number) { $0.sizeBytes = bytes }
  }

  func update(_ number: Int, _ change: (inout Release) -> Void) throws(ReleaseError) {
    let before = try ledger()
    var ledger = before
    ledger.update(number, change)
    if ledger != before { try save(ledger) }
  }

  func folderExists(_ number: Int) -> Bool { Files.kind(layout.release(number)) == .directory }
}
