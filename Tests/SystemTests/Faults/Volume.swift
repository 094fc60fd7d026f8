import Foundation

/// A file system of the test's own that can be filled, and freed again.
struct Volume: Sendable {
  let path: String
  private var filler: String { path + "/.filler" }

  static func small(_ workspace: Workspace, _ name: String = "app", size: String = "64m") async throws
    -> Volume
  {
    Volume(path: try await workspace.mount(name, options: "size=\(size)"))
  }

  var free: Int {
    var status = statvfs()
    return statvfs(path, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : 0
  }

  /// Leaves room for so many bytes, and returns the kernel's word for it.
  @discardableResult
  func fill(leaving rest: Int = 0) throws -> String {
    let file = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure("\(filler): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let piece = [UInt8](repeating: 0x55, count: 64 << 10)
    for size in [piece.count, 4096, 1] {
      while free - rest >= size {
        let count = write(file, piece, min(size, free - rest))
        if count <= 0 { break }
      }
    }
    guard rest == 0 else { return "\(free) bytes left" }
    // Also the last page of the file itself.
    while write(file, piece, 1) == 1 {}
    guard errno == ENOSPC else { throw Failure("filling ended with \(String(cString: strerror(errno)))") }
    return "the next write: \(String(cString: strerror(ENOSPC))), \(free) bytes left"
  }

  func empty() { unlink(filler) }
}
