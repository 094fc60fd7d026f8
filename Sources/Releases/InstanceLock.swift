import Glibc
import Linux

/// One manager per APP_ROOT, as long as this lives: the kernel lets go of it with the process, however that ends.
package final class InstanceLock: Sendable {
  private let file: FileDescriptor
  /// The file may be deleted and made again while it is locked; the folder that holds all of it may not.
  private let root: FileDescriptor?

  package init(_ layout: Layout) throws(ReleaseError) {
    let path = layout.lock
    file = try attempt("open \(path)") { () throws(SystemError) in
      try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    }
    root = try? FileDescriptor.open(layout.root, O_RDONLY | O_DIRECTORY)
    do throws(SystemError) {
      try systemCall("lock", path) { flock(file.raw, LOCK_EX | LOCK_NB) }
      try Self.lock(root, layout.root)
    } catch {
      guard error.code == EWOULDBLOCK else {
        throw ReleaseError("Could not lock \(path): \(error.reason).", cause: error)
      }
      let holder = (try? file.readAll(limit: 1024)).map { String(decoding: $0, as: UTF8.self) } ?? ""
      let words = holder.split(whereSeparator: \.isWhitespace)
      let who = words.count == 2 ? " (process \(words[0]) on \(words[1]))" : ""
      throw ReleaseError(
        "Another bascule\(who) already runs with \(layout.root): it holds \(error.subject). Stop it first, or set APP_ROOT.",
        cause: error)
    }
    // For people. The lock holds without it, so a full disk is no reason to stop.
    ftruncate(file.raw, 0)
    try? file.writeAll(Array("\(getpid()) \(Self.hostName)\n".utf8))
  }

  /// Some network file systems lock no folders; there the file has to do.
  private static func lock(_ root: FileDescriptor?, _ path: String) throws(SystemError) {
    guard let root else { return }
    do throws(SystemError) {
      try systemCall("lock", path) { flock(root.raw, LOCK_EX | LOCK_NB) }
    } catch  where error.code != EWOULDBLOCK {}
  }

  /// Process numbers mean little from another container; its name does.
  private static var hostName: String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let code = buffer.withUnsafeMutableBytes { raw in
      raw.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { gethostname($0, text.count - 1) }
      }
    }
    return code == 0 ? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self) : "this-host"
  }
}
