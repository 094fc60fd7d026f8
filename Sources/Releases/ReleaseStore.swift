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

  package init(layout: Layout, owner: Identity? = nil) {
    self.layout = layout
    self.owner = owner
    revisionsLog = RevisionsLog(path: layout.revisionsLog)
  }

  package func ledger() throws(ReleaseError) -> Ledger { try load().ledger }

  /// A number that was never used and never will be again, even if all that follows is lost, and its folder.
  package func reserve(_ revision: Revision, at time: Timestamp = .now) throws(ReleaseError) -> Int {
    var ledger = try ledger()
    let used = max(ledger.highest, try highestOnDisk())
    guard used < Int.max else {
      throw ReleaseError(
        "There is no number after \(used). Remove what is called so from \(layout.releases).")
    }
    let number = used + 1
    ledger.add(Release(number: number, state: .building, revision: revision, createdAt: time))
    try save(ledger)
    let folder = layout.release(number)
    do throws(ReleaseError) {
      try attempt("make \(folder)") { () throws(SystemError) in
        try systemCall("mkdir", folder) { mkdir(folder, 0o755) }
        if let owner { try Files.changeOwner(folder, uid: owner.uid, gid: owner.gid) }
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

  package func writeRevision(_ number: Int, commit: String, at time: Timestamp = .now) throws(ReleaseError) {
    try place("REVISION", of: number, commit)
    try place("REVISION_TIME", of: number, time.iso8601(fraction: false))
  }

  /// All of it is on disk when this returns. It is good only once it has been seen to serve: `makeCurrent`.
  package func seal(_ number: Int) throws(ReleaseError) {
    let folder = layout.release(number)
    try attempt("write \(folder) to disk") { () throws(SystemError) in try Files.syncFileSystem(of: folder) }
  }

  package func mark(_ number: Int, _ state: Release.State, reason: String?) throws(ReleaseError) {
    try update(number) {
      $0.state = state
      $0.reason = reason
    }
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

  /// By rename: the checkout may hold a link of that name, which must be replaced and never followed.
  /// Without fsync: `seal` syncs the whole volume.
  private func place(_ name: String, of number: Int, _ text: String) throws(ReleaseError) {
    let path = layout.release(number) + "/" + name
    let temporary = path + ".bascule-new"
    try attempt("write \(path)") { () throws(SystemError) in
      _ = unlink(temporary)
      let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
      try file.writeAll(Array((text + "\n").utf8), subject: path)
      if let owner { try systemCall("chown", path) { fchown(file.raw, owner.uid, owner.gid) } }
      try Files.rename(temporary, path)
    }
  }
}
