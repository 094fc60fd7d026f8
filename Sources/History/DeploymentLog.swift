import Glibc
import Linux

/// The recorded stream of one deployment: a line of JSON an event, in a file of its own.
@MainLoop
package final class DeploymentLog {
  package let path: String
  private var file: FileDescriptor?
  private var pending: [UInt8] = []
  private var written = 0
  private var flushScheduled = false
  private var followers: [Int: @MainLoop () -> Void] = [:]
  private var nextFollower = 0
  package private(set) var isFinished = false

  /// Beyond this only what ends the stream is kept.
  private static let limit = 32 << 20

  package init(path: String) {
    self.path = path
  }

  /// Written at the end of the turn: a noisy build costs one write a turn, not one a line.
  package func append(_ line: String, essential: Bool) {
    if !essential, written + pending.count > Self.limit { return }
    pending += Array(line.utf8)
    pending.append(0x0a)
    guard !flushScheduled else { return }
    flushScheduled = true
    EventLoop.main.atEndOfTurn { [self] in flush() }
  }

  package func finish() {
    flush()
    isFinished = true
    file = nil
    notify()
  }

  /// Called whenever there is more to read, and when there will be no more.
  package func follow(_ body: @escaping @MainLoop () -> Void) -> Int {
    nextFollower += 1
    followers[nextFollower] = body
    return nextFollower
  }

  package func unfollow(_ number: Int) { followers[number] = nil }

  private func flush() {
    flushScheduled = false
    guard !pending.isEmpty else { return }
    if file == nil { file = try? FileDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND) }
    let count = pending.withUnsafeBytes { write(file?.raw ?? -1, $0.baseAddress, $0.count) }
    if count > 0 {
      written += count
      pending.removeFirst(count)
    }
    // A full disk costs lines of a log, never a deployment; a little waits for room.
    if pending.count > 1 << 20 { pending = [] }
    notify()
  }

  private func notify() { for body in followers.values { body() } }
}
