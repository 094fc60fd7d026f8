/// Which releases are in the way.
package struct PrunePlan: Sendable, Equatable {
  /// Oldest first.
  package let removed: [Int]

  /// `building` is the release that is being made right now, if any. Good ones are counted on their own, so a
  /// failed one never pushes them out; of those that are not good, the newest stays for its files.
  package init(_ releases: [Release], keep: Int, needed: Set<Int>, building: Int?) {
    let newestFirst = releases.sorted { $0.number > $1.number }
    let good = newestFirst.filter { $0.state == .good }.prefix(keep).map(\.number)
    let failed = newestFirst.first { $0.state == .failed || $0.state == .bad }.map { [$0.number] } ?? []
    let kept = needed.union(good).union(failed).union(building.map { [$0] } ?? [])
    removed = newestFirst.filter { $0.state != .removing && !kept.contains($0.number) }.map(\.number)
      .reversed()
  }
}
