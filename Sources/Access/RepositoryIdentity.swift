/// `owner/name`, whatever the host and the way there, so that a push can be matched with GIT_REPO.
package struct RepositoryIdentity: Hashable, Sendable, CustomStringConvertible {
  /// As written, for persons.
  package let description: String
  private let key: String

  /// nil for a local path, which has no owner.
  package init?(url: String) {
    if let scheme = url.firstRange(of: "://") {
      let rest = url[scheme.upperBound...]
      guard url[..<scheme.lowerBound] != "file", let slash = rest.firstIndex(of: "/") else { return nil }
      self.init(path: rest[slash...])
    } else {
      // git's own rule: a colon before the first slash makes it a host and a path.
      guard let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/") else { return nil }
      self.init(path: url[url.index(after: colon)...])
    }
  }

  package init?(fullName: String) { self.init(path: fullName[...]) }

  private init?(path: Substring) {
    var parts = path.split(separator: "/")
    if let last = parts.popLast() {
      parts.append(last.lowercased().hasSuffix(".git") ? last.dropLast(4) : last)
    }
    guard parts.count >= 2, !parts.contains("") else { return nil }
    description = parts.joined(separator: "/")
    key = description.lowercased()
  }

  package static func == (left: Self, right: Self) -> Bool { left.key == right.key }
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
