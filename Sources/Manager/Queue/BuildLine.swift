/// Who builds and who is next: one line for all projects, and a project stands in it once. Whoever pushes often
/// keeps its place with a newer commit, and gets no more turns than the others.
struct BuildLine {
  private let parallel: Int
  private(set) var building: [String] = []
  private(set) var waiting: [String] = []

  init(parallel: Int) { self.parallel = max(1, parallel) }

  mutating func join(_ slug: String) {
    if !waiting.contains(slug) { waiting.append(slug) }
  }

  mutating func leave(_ slug: String) { waiting.removeAll { $0 == slug } }

  /// The next to build, which then counts as building; nil while there is none, or no room.
  mutating func next() -> String? {
    guard building.count < parallel, !waiting.isEmpty else { return nil }
    let slug = waiting.removeFirst()
    building.append(slug)
    return slug
  }

  mutating func finish(_ slug: String) { building.removeAll { $0 == slug } }
}
