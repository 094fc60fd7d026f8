/// What is known about the releases. It is read from disk at every use: there is no copy to diverge.
package struct Ledger: Sendable, Equatable {
  package var highest = 0
  /// What was made current last, and what was before it.
  package var live: Int?
  package var previous: Int?
  /// Complete on disk, and being started: good as soon as `current` names it, whatever is written after that.
  package var candidate: Int?
  /// Oldest first.
  package private(set) var releases: [Release] = []

  package init() {}

  package subscript(number: Int) -> Release? { releases.first { $0.number == number } }

  mutating func add(_ release: Release) {
    releases.removeAll { $0.number == release.number }
    releases.append(release)
    releases.sort { $0.number < $1.number }
    highest = max(highest, release.number)
  }

  mutating func remove(_ number: Int) { releases.removeAll { $0.number == number } }

  /// Releases that a person made by hand are not in here, and stay unknown.
  mutating func update(_ number: Int, _ change: (inout Release) -> Void) {
    for index in releases.indices where releases[index].number == number { change(&releases[index]) }
  }

  mutating func makeLive(_ number: Int) {
    if candidate == number {
      update(number) { if $0.state == .building { $0.state = .good } }
      candidate = nil
    }
    guard live != number else { return }
    previous = live
    live = number
  }
}
