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
  /// `proven`: it is the one that was just made and serves, so it becomes good with this.
  package func makeCurrent(_ number: Int, proven: Bool = false) throws(ReleaseError) {
    guard Files.kind(layout.current) != .directory else { throw layout.currentIsDirectory }
    if let reason = try canStart(number, whileBuilding: proven) {
      throw ReleaseError("Release \(number) cannot become current: \(reason).")
    }
    let before = try ledger()
    var ledger = before
    if proven { ledger.update(number) { $0.state = .good } }
    ledger.makeLive(number)
    if ledger != before { try save(ledger) }
    let target = "releases/\(number)"
    if Files.linkTarget(layout.current) == target { return }
    do throws(ReleaseError) {
      try attempt("make \(layout.current) a link to \(target)") { () throws(SystemError) in
        try Files.replaceLink(layout.current, with: target)
      }
    } catch {
      if ledger != before { try? save(before) }
      throw error
    }
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
