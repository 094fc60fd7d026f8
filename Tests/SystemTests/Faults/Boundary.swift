import Testing

/// Where a deployment can be struck: what its log says last before, and last after each of its steps.
struct Boundary: Sendable, CustomTestStringConvertible {
  let words: String
  /// From here on the new release may be the one that serves after a crash.
  var isSwitched = false

  var testDescription: String { words }

  /// From here on all that has to be written before the switch may be: the rest is told, and is no failure.
  var isSealed: Bool { isSwitched || words == "Started release" }

  static let all = [
    Boundary(words: "1/4 - "), Boundary(words: "Phase 1 done"), Boundary(words: "2/4 - "),
    Boundary(words: "Fetching "), Boundary(words: "Commit "), Boundary(words: "$ bun install"),
    Boundary(words: "Phase 2 done"), Boundary(words: "3/4 - "), Boundary(words: "$ bun run build"),
    Boundary(words: "Phase 3 done"), Boundary(words: "4/4 - "), Boundary(words: "Started release"),
    Boundary(words: "Requests go to", isSwitched: true), Boundary(words: "Phase 4 done", isSwitched: true),
  ]

  /// The edges of the phases, and the moments around the switch.
  static let few = all.filter {
    ["Phase 1", "Commit ", "$ bun install", "Phase 2", "$ bun run", "Phase 3", "Started", "Requests"]
      .contains(where: $0.words.hasPrefix)
  }
}
