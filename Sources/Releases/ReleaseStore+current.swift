import Glibc
import Linux

extension ReleaseStore {
  package func readCurrent() -> CurrentTarget {
    switch Files.kind(layout.current) {
    case nil: return .absent
    case .directory: return .directory
    case .file, .other: return .elsewhere("a file")
    case .link: break
    }
    guard let text = Files.linkTarget(layout.current) else { return .absent }
    if let real = realPath(layout.current), let releases = realPath(layout.releases) {
      guard Files.parent(of: real) == releases, let number = lastNumber(in: real) else {
        return .elsewhere(text)
      }
      return .release(number)
    }
    // The volume may have another path where the link was made: in another container, or on the host.
    if text.split(separator: "/").dropLast().last == "releases", let number = lastNumber(in: text) {
      return .release(number)
    }
    return .dangling(text)
  }

  /// Makes the link in one step, on disk when this returns. After an error `current` is as it was.
  ///
  /// The one that was just sealed becomes good with this: clients wait for nothing more. `noteCurrent` tells the
  /// ledger, afterwards.
  package func makeCurrent(_ number: Int) throws(ReleaseError) {
    guard Files.kind(layout.current) != .directory else { throw layout.currentIsDirectory }
    let isCandidate = try ledger().candidate == number
    if let reason = try canStart(number, whileBuilding: isCandidate) {
      throw ReleaseError("Release \(number) cannot become current: \(reason).")
    }
    let target = "releases/\(number)"
    if Files.linkTarget(layout.current) == target { return }
    try attempt("make \(layout.current) a link to \(target)") { () throws(SystemError) in
      try Files.replaceLink(layout.current, with: target)
    }
  }

  /// What serves, for the ledger: the same again changes nothing.
  package func noteCurrent(_ number: Int) throws(ReleaseError) {
    let before = try ledger()
    var ledger = before
    ledger.makeLive(number)
    if ledger != before { try save(ledger) }
  }

  private func lastNumber(in path: String) -> Int? {
    guard let number = path.split(separator: "/").last.flatMap({ Layout.number($0) }), folderExists(number)
    else { return nil }
    return number
  }

  private func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
