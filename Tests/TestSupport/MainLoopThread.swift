import Glibc
import Linux

/// The main loop on a thread of its own, so that tests may await what runs on it.
package enum MainLoopThread {
  package static func start() { _ = started }

  private static let started: Bool = {
    var thread = pthread_t()
    return pthread_create(&thread, nil, runMainLoop, nil) == 0
  }()
}

private func runMainLoop(_: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  EventLoop.main.run()
  return nil
}
