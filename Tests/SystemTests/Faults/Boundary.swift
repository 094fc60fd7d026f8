import Testing

/// Where a deployment can be struck: what its log says last before, and last after each of its steps. What it says
/// without doing anything in between, such as the end of a phase and the beginning of the next, is one.
struct Boundary: Sendable, CustomTestStringConvertible {
  let words: String
  /// From here on the new release may be the one that serves after a crash.
  var isSwitched = false

  var testDescription: String { words }

  /// From here on all that has to be written before the switch may be: the rest is told, and is no failure.
  var isSealed: Bool { isSwitched || words == Self.started.words }

  /// Those that come after it.
  var later: ArraySlice<Boundary> {
    Self.all.drop { $0.words != words }.dropFirst()
  }

  static let begun = Boundary(words: "1/4 - ")
  static let fetching = Boundary(words: "Fetching ")
  static let fetched = Boundary(words: "Commit ")
  static let installing = Boundary(words: "$ bun install")
  static let building = Boundary(words: "$ bun run build")
  static let built = Boundary(words: "4/4 - ")
  static let started = Boundary(words: "Started release")
  static let switched = Boundary(words: "Requests go to", isSwitched: true)
  static let done = Boundary(words: "Phase 4 done", isSwitched: true)

  static let all = [begun, fetching, fetched, installing, building, built, started, switched, done]

  /// Nothing is live yet that was not before.
  static let beforeTheStart = [begun, fetching, fetched, installing, building, built]
}
