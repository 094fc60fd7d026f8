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

  /// What was deployed last, which has the highest number there is. From the end: the log is as long as the app's past,
  /// and every deployment asks.
  package func newest() throws(ReleaseError) -> Int? {
    guard Files.kind(path) != nil else { return nil }
    return try attempt("read \(path)") { () throws(SystemError) in
      let file = try FileDescriptor.open(path, O_RDONLY)
      var end = Int(lseek(file.raw, 0, SEEK_END))
      // Of a line that begins before what was read.
      var rest: [UInt8] = []
      while end > 0 {
        let start = max(0, end - Self.block)
        let lines = try (Self.bytes(of: file, start..<end, path) + rest)
          .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for line in lines.dropFirst(start > 0 ? 1 : 0).reversed() {
          if let number = Self.deployed(line) { return number }
        }
        // What is longer than that is no line of this log.
        rest = lines.first.map { $0.count < Self.block ? Array($0) : [] } ?? []
        end = start
      }
      return nil
    }
  }

  private static let block = 64 << 10

  private static func bytes(of file: FileDescriptor, _ range: Range<Int>, _ path: String) throws(SystemError)
    -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var count = 0
    while count < bytes.count {
      let piece = try systemCall("read", path) {
        bytes.withUnsafeMutableBytes {
          pread(file.raw, $0.baseAddress?.advanced(by: count), $0.count - count, range.lowerBound + count)
        }
      }
      if piece == 0 { break }
      count += piece
    }
    return Array(bytes.prefix(count))
  }

  private static func number(_ line: Substring) -> Int? {
    let words = line.split(separator: " ")
    if words.count > 1, words[1] == "Branch" { return deployed(words) }
    guard words.count >= 6, words.suffix(5).prefix(4) == ["rolled", "back", "to", "release"] else {
      return nil
    }
    return words.last.flatMap { Layout.number($0) }
  }

  private static func deployed(_ line: ArraySlice<UInt8>) -> Int? {
    deployed(String(decoding: line, as: UTF8.self).split(separator: " "))
  }

  /// Word by word: an author who is called like a log line must not invent a release.
  private static func deployed(_ words: [Substring]) -> Int? {
    guard words.count >= 11, words[1] == "Branch", words[5...7] == ["deployed", "as", "release"] else {
      return nil
    }
    return Layout.number(words[8])
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
