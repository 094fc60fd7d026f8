/// `owner/name`, whatever the host and the way there, so that a push can be matched with GIT_REPO.
package struct RepositoryIdentity: Hashable, Sendable, CustomStringConvertible {
  /// As written, for persons.
  package let description: String
  private let key: [UInt8]

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
    var parts = path.utf8.split(separator: UInt8(ascii: "/"))
    if let last = parts.popLast() {
      let isDotGit = Self.lowercased(last.suffix(4)) == Array(".git".utf8)
      parts.append(isDotGit ? last.dropLast(4) : last)
    }
    guard parts.count >= 2, !parts.contains(where: \.isEmpty) else { return nil }
    let bytes = parts.joined(separator: [UInt8(ascii: "/")])
    description = String(decoding: Array(bytes), as: UTF8.self)
    key = Self.lowercased(bytes)
  }

  private static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
  }

  package static func == (left: Self, right: Self) -> Bool { left.key == right.key }
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
