import CLinux
import Glibc
import Synchronization

/// An open descriptor, closed once: by `close()` or with its last reference.
package final class FileDescriptor: Sendable {
  package let raw: Int32
  private let open = Atomic<Bool>(true)

  package init(owning raw: Int32) { self.raw = raw }

  deinit { close() }

  package func close() {
    if open.exchange(false, ordering: .relaxed) { _ = Glibc.close(raw) }
  }

  package static func open(_ path: String, _ flags: Int32, mode: Int32 = 0o644) throws(SystemError)
    -> FileDescriptor
  {
    FileDescriptor(owning: try systemCall("open", path) { clinux_open(path, flags, mode) })
  }

  /// Whoever started this process may have left descriptors open: no child shall get them.
  package static func keepInheritedFromChildren() { clinux_close_on_exec_from(3) }

  package static func pipe() throws(SystemError) -> (read: FileDescriptor, write: FileDescriptor) {
    var ends: (Int32, Int32) = (-1, -1)
    try systemCall("pipe") {
      withUnsafeMutablePointer(to: &ends) {
        $0.withMemoryRebound(to: Int32.self, capacity: 2) { clinux_pipe($0) }
      }
    }
    return (FileDescriptor(owning: ends.0), FileDescriptor(owning: ends.1))
  }

  package func setNonBlocking() {
    let flags = fcntl(raw, F_GETFL)
    if flags >= 0 { _ = fcntl(raw, F_SETFL, flags | O_NONBLOCK) }
  }

  /// Bytes read into `buffer`: 0 at the end, nil when a non-blocking read would wait.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
    try nonBlocking("read") { Glibc.read(raw, buffer.baseAddress, buffer.count) }
  }

  /// At most `count` bytes: none at the end, nil when a non-blocking read would wait.
  package func read(upTo count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try nonBlocking("read") {
      bytes.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
    }
    guard let read else { return nil }
    bytes.removeLast(count - read)
    return bytes
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
    try nonBlocking("write") { Glibc.write(raw, bytes.baseAddress, bytes.count) }
  }

  /// For files and blocking descriptors.
  package func writeAll(_ bytes: [UInt8], subject: String = "") throws(SystemError) {
    var done = 0
    while done < bytes.count {
      done += try systemCall("write", subject) {
        bytes.withUnsafeBytes { Glibc.write(raw, $0.baseAddress?.advanced(by: done), $0.count - done) }
      }
    }
  }

  package func readAll(limit: Int, subject: String = "") throws(SystemError) -> [UInt8] {
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while result.count <= limit {
      let count = try systemCall("read", subject) {
        chunk.withUnsafeMutableBytes { Glibc.read(raw, $0.baseAddress, $0.count) }
      }
      if count == 0 { return result }
      result += chunk[..<count]
    }
    throw SystemError(code: EFBIG, operation: "read", subject: subject)
  }

  package func sync(subject: String = "") throws(SystemError) {
    try systemCall("fsync", subject) { fsync(raw) }
  }
}
