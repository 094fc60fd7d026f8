import Linux

/// Which release it may be.
extension ReleaseStore {
  /// What there is to show, newest first.
  package func releases() throws(ReleaseError) -> [Release] {
    try ledger().releases.filter {
      $0.state != .building && $0.state != .removing && folderExists($0.number)
    }.reversed()
  }

  /// Where a rollback may go: good ones alone, newest first.
  package func rollbackCandidates(excluding number: Int?) throws(ReleaseError) -> [Release] {
    try ledger().releases.filter { $0.state == .good && $0.number != number && folderExists($0.number) }
      .reversed()
  }

  /// Where a rollback from `live` goes if nobody says: to what ran before it, else to the one made before it.
  package func rollbackTarget(from live: Int) throws(ReleaseError) -> Int? {
    let older = try rollbackCandidates(excluding: live).map(\.number).filter { $0 < live }
    let previous = try ledger().previous
    return older.first { $0 == previous } ?? older.first
  }

  /// Why that release cannot be started; nil when it can. A folder that a person made by hand may be tried.
  package func canStart(_ number: Int, whileBuilding: Bool = false) throws(ReleaseError) -> String? {
    guard folderExists(number) else { return "there is no folder \(layout.release(number))" }
    switch try ledger()[number]?.state {
    case nil, .good, .bad: return nil
    case .building: return whileBuilding ? nil : "it is not complete yet"
    case .failed: return "its deployment failed"
    case .interrupted: return "its deployment was interrupted"
    case .removing: return "it is being removed"
    }
  }

  /// The release that a person names by its number, by the beginning of its commit, or by its branch or tag.
  package func resolve(_ name: String) throws(ReleaseError) -> Int {
    if let number = Layout.number(name), folderExists(number) { return number }
    let releases = try releases().filter { folderExists($0.number) }
    var matches: [Release] = []
    if name.utf8.count >= 4, name.allSatisfy(\.isHexDigit) {
      matches = releases.filter { $0.revision.commit?.hasPrefix(name.lowercased()) ?? false }
      let commits = Set(matches.map(\.revision.commit))
      guard commits.count <= 1 else {
        throw ReleaseError("\(name) is the beginning of \(commits.count) commits. Write more of it.")
      }
    }
    if matches.isEmpty { matches = releases.filter { $0.revision.ref == name } }
    guard let match = matches.first(where: { $0.state == .good }) ?? matches.first else {
      let known = releases.map { String($0.number) }.joined(separator: ", ")
      throw ReleaseError("There is no release \(name). There are: \(known.isEmpty ? "none yet" : known).")
    }
    return match.number
  }
}
