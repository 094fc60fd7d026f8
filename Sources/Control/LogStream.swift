import Glibc
import History
import Linux
import Server

/// Sends a deployment's recorded events, and goes on as long as it grows. It reads from the file at the
/// reader's own pace, so a slow reader costs nobody anything.
@MainLoop
final class LogStream {
  private let path: String
  private let live: DeploymentLog?
  private let writer: StreamWriter
  private var file: FileDescriptor?
  private var follower: Int?

  init(path: String, live: DeploymentLog?, writer: StreamWriter) {
    self.path = path
    self.live = live
    self.writer = writer
  }

  func start() {
    follower = live?.follow { self.pump() }
    writer.onDrain = { self.pump() }
    writer.onClose = { self.stop() }
    pump()
  }

  private func pump() {
    guard !writer.isClosed else { return stop() }
    if file == nil { file = try? FileDescriptor.open(path, O_RDONLY) }
    while writer.pending < 256 << 10 {
      guard let bytes = (try? file?.read(upTo: 65536)) ?? nil, !bytes.isEmpty else {
        if live?.isFinished ?? true {
          writer.finish()
          stop()
        }
        return
      }
      writer.write(bytes)
    }
  }

  private func stop() {
    if let follower { live?.unfollow(follower) }
    follower = nil
    file = nil
    writer.onDrain = nil
  }
}
