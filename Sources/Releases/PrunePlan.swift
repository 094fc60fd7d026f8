/// Which releases are in the way.
package struct PrunePlan: Sendable, Equatable {
  /// Oldest first.
  package let removed: [Int]

  /// Good ones are counted on their own, so a failed one never pushes them out; of those that are not good, the
  /// newest stays for its files. What is being made stays: half-made ones were settled at start.
  package init(_ releases: [Release], keep: Int, needed: Set<Int>) {
    let newestFirst = releases.sorted { $0.number > $1.number }
    let good = newestFirst.filter { $0.state == .good }.prefix(keep).map(\.number)
    let failed = newestFirst.first { $0.state == .failed || $0.state == .bad }.map { [$0.number] } ?? []
    let kept = needed.union(good).union(failed)
    let candidates = newestFirst.filter { $0.state != .removing && $0.state != .building }
    removed = candidates.map(\.number).filter { !kept.contains($0) }.reversed()
  }
}
