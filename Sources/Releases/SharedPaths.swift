/// SHARED_PATHS: what is linked from `shared/` into each release, so that it outlives them.
package struct SharedPaths: Sendable, Equatable {
  struct Entry: Sendable, Equatable {
    let parts: [String]
    /// Written with a slash at its end: made when it is absent.
    let isFolder: Bool

    var path: String { parts.joined(separator: "/") }
  }

  let entries: [Entry]

  package init(parsing text: String) throws(ReleaseError) {
    var entries: [Entry] = []
    for name in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let entry = Entry(
        parts: name.split(separator: "/").map(String.init).filter { $0 != "." }, isFolder: name.hasSuffix("/")
      )
      if let problem = Self.problem(with: entry, name, after: entries) {
        throw ReleaseError("SHARED_PATHS cannot be used: \"\(name)\" \(problem).")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// A clause for the check of the setting.
  package static func problem(in text: String) -> String? {
    do throws(ReleaseError) {
      _ = try SharedPaths(parsing: text)
      return nil
    } catch {
      return "but " + error.message.dropFirst("SHARED_PATHS cannot be used: ".count).dropLast()
    }
  }

  private static func problem(with entry: Entry, _ name: Substring, after others: [Entry]) -> String? {
    guard !name.hasPrefix("/"), !entry.parts.isEmpty, !entry.parts.contains("..") else {
      return "is not a path inside the release, such as .env or public/uploads/"
    }
    guard !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return "has control characters" }
    guard let first = entry.parts.first, !isOwnName(first) else {
      return "is a name that Bascule uses itself; take another one"
    }
    for other in others where other.parts.starts(with: entry.parts) || entry.parts.starts(with: other.parts) {
      return "and \"\(other.path)\" are one inside the other; name only the outer one"
    }
    return nil
  }

  /// In `shared/`, or in a release.
  private static func isOwnName(_ name: String) -> Bool {
    let names = [
      "repo.git", "cache", "logs", "trash", "spare", "spare.ready", "run", "webhook.sock", ".ssh", ".git",
      "REVISION", "REVISION_TIME", "jwt.secret", "admin.password",
    ]
    return names.contains(name) || ["bascule.", "releases.json", ".bascule"].contains { name.hasPrefix($0) }
  }
}
