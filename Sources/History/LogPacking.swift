import Glibc
import Gzip
import Linux

/// The making of `ID.log.gz` from `ID.log`, a few MiB a step: others wait for the disk too. Whatever it is killed
/// between, one of the two is whole.
struct LogPacking: Sendable {
  private let path: String
  private let source: FileDescriptor
  private let target: FileDescriptor
  private let size: Int64
  private var offset: Int64 = 0

  private static let step = 64 * GzipBlocks.textLength
  /// What is small stays as it is.
  static let least: Int64 = 4096

  static func temporary(_ path: String) -> String { path + ".gz.tmp" }

  /// nil where there is nothing to be done.
  init?(_ path: String) throws(SystemError) {
    guard let source = try? FileDescriptor.open(path, O_RDONLY), source.size >= Self.least else { return nil }
    self.path = path
    self.source = source
    size = source.endOfLastLine
    target = try FileDescriptor.open(Self.temporary(path), O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
  }

  /// False when it is done.
  mutating func go() throws(SystemError) -> Bool {
    do throws(SystemError) {
      if offset < size {
        try pack()
        return true
      }
      try finish()
      return false
    } catch {
      _ = unlink(Self.temporary(path))
      throw error
    }
  }

  private mutating func pack() throws(SystemError) {
    guard let writer = GzipBlockWriter() else {
      throw SystemError(code: ENOMEM, operation: "compress", subject: path)
    }
    let text = source.read(at: offset, Int(min(Int64(Self.step), size - offset)))
    guard !text.isEmpty else { throw SystemError(code: EIO, operation: "read", subject: path) }
    var packed: [UInt8] = []
    text.withUnsafeBytes { text in
      var start = 0
      while start < text.count {
        let end = min(start + GzipBlocks.textLength, text.count)
        writer.append(UnsafeRawBufferPointer(rebasing: text[start..<end]), to: &packed)
        start = end
      }
    }
    try target.writeAll(packed, subject: path)
    offset += Int64(text.count)
  }

  private func finish() throws(SystemError) {
    try target.writeAll(GzipBlocks.end, subject: path)
    // As old as the log: by that it will be judged.
    var status = stat()
    try systemCall("stat", path) { fstat(source.raw, &status) }
    try systemCall("utimens", path) { futimens(target.raw, [status.st_atim, status.st_mtim]) }
    try target.sync(subject: path)
    try Files.rename(Self.temporary(path), path + ".gz")
    try Files.syncDirectory(Files.parent(of: path))
    try Files.remove(path)
  }
}
