import CLinux
import Glibc
import Synchronization

/// How other threads speak to a loop: closures that run on it, in order.
final class Mailbox: Sendable {
  typealias Message = @Sendable (Loop) -> Void

  private struct Contents {
    var messages: [Message] = []
    var isClosed = false
  }

  let descriptor: Int32
  private let contents = Mutex(Contents())

  init() {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(descriptor >= 0, "eventfd is not available on this kernel")
  }

  /// False when the loop has ended: nobody will run it.
  func post(_ message: @escaping Message) -> Bool {
    let (isTaken, mustWake) = contents.withLock { contents in
      if contents.isClosed { return (false, false) }
      contents.messages.append(message)
      return (true, contents.messages.count == 1)
    }
    if mustWake {
      var one: UInt64 = 1
      _ = write(descriptor, &one, 8)
    }
    return isTaken
  }

  func take() -> [Message] {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
    return contents.withLock { contents in
      let messages = contents.messages
      contents.messages = []
      return messages
    }
  }

  /// Returns what came too late to be seen by `take`.
  func close() -> [Message] {
    contents.withLock { contents in
      contents.isClosed = true
      let messages = contents.messages
      contents.messages = []
      return messages
    }
  }
}
