import Glibc
import Linux

/// What was found at start.
package struct SettlementReport: Sendable, Equatable {
  /// Half-made releases. They are gone from `releases/`.
  package var interrupted: [Int] = []
  /// Paths to delete, with all below them.
  package var trash: [String] = []
  package var warnings: [String] = []
  package var current = CurrentTarget.absent
  /// What to start when `current` names nothing that can.
  package var lastLive: Int?

  /// There is one to start.
  package var hasRelease: Bool { current.number ?? lastLive != nil }
}

extension ReleaseStore {
  /// Finishes or undoes whatever was going on when the last manager ended, however it ended. What `current`
  /// names is told, not changed: choosing what runs is not decided here.
  package func settle() throws(ReleaseError) -> SettlementReport {
    for leftover in [layout.current + ".tmp", layout.ledger + ".tmp"] { _ = unlink(leftover) }
    for folder in [layout.root, layout.releases, layout.shared] {
      for name in (try? names(in: folder)) ?? [] where name.hasPrefix(Layout.probeName) {
        _ = unlink("\(folder)/\(name)")
      }
    }
    var report = SettlementReport()
    disownStrangers(&report)
    let (before, warning) = try load()
    if let warning { report.warnings.append(warning) }
    var ledger = before
    // The manager ended between the link and the ledger.
    if let candidate = ledger.candidate, readCurrent().number == candidate { ledger.makeLive(candidate) }
    ledger.candidate = nil
    for release in ledger.releases {
      let number = release.number
      if release.state == .building || release.state == .interrupted {
        report.interrupted.append(number)
        ledger.update(number) { $0.state = .interrupted }
      }
      if !folderExists(number) { ledger.remove(number) }
    }
    save(ledger, changedFrom: before, &report)
    clear(&ledger, &report)
    report.trash = try trashPaths()
    report.current = readCurrent()
    report.lastLive = try lastLive(ledger)
    return report
  }

  /// After APP_USER was changed, its new value can write none of what the old one left. All of it can be had anew.
  private func disownStrangers(_ report: inout SettlementReport) {
    for path in [layout.mirror, layout.cache, layout.spare] {
      var status = stat()
      guard lstat(path, &status) == 0, status.st_uid != owner?.uid ?? geteuid() else { continue }
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      do throws(ReleaseError) {
        try attempt("move \(path), which is another user's, to \(layout.trash)") { () throws(SystemError) in
          try Files.rename(path, trashPath(for: name))
        }
        report.warnings.append(
          "\(path) belonged to user \(status.st_uid), who is not the app's: it is made anew.")
      } catch {
        report.warnings.append(error.message)
      }
    }
  }

  private func clear(_ ledger: inout Ledger, _ report: inout SettlementReport) {
    let before = ledger
    for release in ledger.releases where release.state == .interrupted || release.state == .removing {
      do throws(ReleaseError) {
        let isInPlace = try moveToTrash(release.number) == layout.release(release.number)
        if isInPlace {
          ledger.update(release.number) { $0.state = .removing }
        } else {
          ledger.remove(release.number)
        }
      } catch {
        report.warnings.append(error.message)
      }
    }
    save(ledger, changedFrom: before, &report)
  }

  /// A full disk must not keep what is there from being run. What the ledger then still calls half-made is not
  /// started either, and is settled next time.
  private func save(_ ledger: Ledger, changedFrom before: Ledger, _ report: inout SettlementReport) {
    guard ledger != before else { return }
    do throws(ReleaseError) {
      try save(ledger)
    } catch {
      if !report.warnings.contains(error.message) { report.warnings.append(error.message) }
    }
  }

  private func lastLive(_ ledger: Ledger) throws(ReleaseError) -> Int? {
    for number in [ledger.live, ledger.previous].compactMap({ $0 }) where try canStart(number) == nil {
      return number
    }
    return try rollbackCandidates(excluding: nil).first?.number
  }
}
