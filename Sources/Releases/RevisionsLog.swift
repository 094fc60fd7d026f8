import Glibc
import Linux

/// The history for people, one line for each time something went live:
///
///     <time> Branch main (at 1234567) deployed as release 8 by alice
///     <time> alice rolled back to release 7
package struct RevisionsLog: Sendable {
  package let path: String

  package init(path: String) { self.path = path }

  package func deployed(
    _ number: Int, ref: String, commit: String, by actor: String, at time: Timestamp = .now
  ) throws(ReleaseError) {
    let words = ref.split(whereSeparator: \.isWhitespace).joined(separator: "_")
    let branch = words.isEmpty ? "-" : words
    try append(
      "Branch \(branch) (at \(commit.prefix(7))) deployed as release \(number) by \(clean(actor))", time)
  }

  package func rolledBack(to number: Int, by actor: String, at time: Timestamp = .now) throws(ReleaseError) {
    try append("\(clean(actor)) rolled back to release \(number)", time)
  }

  /// Every number that once went live, in the order of the lines.
  package func numbers() throws(ReleaseError) -> [Int] {
    guard Files.kind(path) != nil else { return [] }
    let text = try attempt("read \(path)") { () throws(SystemError) in try Files.text(path, limit: 256 << 20)
    }
    return text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { Self.number(Substring($0)) }
  }

  /// Word by word: an author who is called like a log line must not invent a release.
  private static func number(_ line: Substring) -> Int? {
    let words = line.split(separator: " ")
    guard words.count >= 6 else { return nil }
    if words[1] == "Branch" {
      guard words.count >= 11, words[5...7] == ["deployed", "as", "release"] else { return nil }
      return Layout.number(words[8])
    }
    guard words.suffix(5).prefix(4) == ["rolled", "back", "to", "release"] else { return nil }
    return words.last.flatMap { Layout.number($0) }
  }

  private func clean(_ actor: String) -> String {
    let words = actor.split { $0.isWhitespace || $0.isNewline || $0.asciiValue.map { $0 < 0x20 } ?? false }
    // A line whose first word is Branch tells of a deployment.
    let name = words.drop { $0 == "Branch" }.joined(separator: " ")
    return name.isEmpty ? "somebody" : name
  }

  private func append(_ line: String, _ time: Timestamp) throws(ReleaseError) {
    try attempt("write \(path)") { () throws(SystemError) in
      let isNew = Files.kind(path) == nil
      // A power cut may have left half a line.
      let start = isNew || endsWithNewline() ? "" : "\n"
      try Files.append(path, Array("\(start)\(time.iso8601(fraction: false)) \(line)\n".utf8))
      if isNew { try Files.syncDirectory(Files.parent(of: path)) }
    }
  }

  private func endsWithNewline() -> Bool {
    guard let file = try? FileDescriptor.open(path, O_RDONLY) else { return true }
    let size = lseek(file.raw, 0, SEEK_END)
    var last: UInt8 = 0
    return size == 0 || (pread(file.raw, &last, 1, size - 1) == 1 && last == UInt8(ascii: "\n"))
  }
}
