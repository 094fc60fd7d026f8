import Glibc

/// The one thread on which everything but long blocking work happens (decision 0002).
///
/// Like MainActor, but drained by `EventLoop.main` instead of dispatch: children, sockets, timers and
/// async functions share one thread, so nothing here needs a lock and an idle manager has no pool.
@globalActor
package actor MainLoop {
  package static let shared = MainLoop()

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    EventLoop.main.asUnownedSerialExecutor()
  }

  /// Enters the actor from synchronous code that already runs on its thread.
  package static func assumeIsolated<Value: Sendable>(
    _ operation: @MainLoop () throws -> Value
  ) rethrows -> Value {
    EventLoop.main.checkIsolated()
    // A global actor of one's own has no assumeIsolated; MainActor's does this same cast.
    return try withoutActuallyEscaping(operation) {
      try unsafeBitCast($0, to: (() throws -> Value).self)()
    }
  }
}
