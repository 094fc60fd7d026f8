import Linux

/// What is written into folders of the app's user, who may put a link in the place of any file or folder there.
extension ReleaseStore {
  func openReleases() throws(SystemError) -> Folder { try Folder.open(layout.root).enter(["releases"]) }

  func open(_ number: Int) throws(SystemError) -> Folder { try openReleases().enter([String(number)]) }

  /// Without fsync: `seal` syncs the whole volume.
  package func writeRevision(_ number: Int, commit: String, at time: Timestamp = .now) throws(ReleaseError) {
    try attempt("write REVISION into \(layout.release(number))") { () throws(SystemError) in
      let folder = try open(number)
      try folder.write("REVISION", commit + "\n", owner: owner)
      try folder.write("REVISION_TIME", time.iso8601(fraction: false) + "\n", owner: owner)
    }
  }

  /// The answer to RELOAD, never seen half-written.
  package func writeReloadResult(_ line: String) throws(SystemError) {
    do throws(SystemError) {
      try openReleases().write("RELOAD.result", line, owner: nil)
    } catch {
      throw SystemError(code: error.code, operation: "write", subject: layout.reloadResult)
    }
  }
}
