import CLinux
import Linux

/// A thread of the kernel's, since a loop must not share one with anything that awaits.
enum FrontThread {
  fileprivate final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  static func start(_ run: @escaping @Sendable () -> Void) throws(SystemError) {
    let body = Unmanaged.passRetained(Body(run))
    let code = clinux_start_thread(enter, body.toOpaque(), "front")
    if code != 0 {
      body.release()
      throw SystemError(code: code, operation: "pthread_create")
    }
  }
}

private func enter(_ pointer: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let pointer { Unmanaged<FrontThread.Body>.fromOpaque(pointer).takeRetainedValue().run() }
  return nil
}
