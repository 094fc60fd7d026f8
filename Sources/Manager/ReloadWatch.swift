import Glibc
import Linux
import Log

/// Sees RELOAD appear in `releases/`, however it comes, and calls once for it; touches that come while one is
/// acted on are one more.
@MainLoop
final class ReloadWatch {
  private let folder: String
  private let logger: Logger
  private let act: @MainLoop () async -> Void
  private let inotify: Inotify
  private var registration: EventLoop.Registration?
  private var watch: Int32?
  private var asked = false
  private var acting = false
  private var complained = false

  private var file: String { folder + "/RELOAD" }

  init(folder: String, logger: Logger, act: @escaping @MainLoop () async -> Void) throws(SystemError) {
    self.folder = folder
    self.logger = logger
    self.act = act
    inotify = try Inotify()
    registration = try EventLoop.main.add(inotify.descriptor.raw, .read) { [self] _ in drain() }
    rewatch()
    poll()
  }

  func stop() {
    if let registration { EventLoop.main.remove(registration) }
    registration = nil
  }

  /// As if RELOAD had appeared: SIGHUP.
  func request() {
    asked = true
    pump()
  }

  private func drain() {
    for event in inotify.pending() {
      if event.watchEnded, let ended = watch, event.watch == ended {
        // Moved away, it would still be watched.
        inotify.unwatch(ended)
        watch = nil
      }
      if event.overflowed || event.name == "RELOAD" || event.watchEnded { look() }
    }
  }

  private func look() {
    guard Files.kind(file) != nil else { return }
    guard consume() else { return }
    asked = true
    pump()
  }

  /// Removed before it is acted on: whoever touches it again from now on is heard again.
  private func consume() -> Bool {
    if unlink(file) == 0 || rmdir(file) == 0 {
      complained = false
      return true
    }
    let error = SystemError(code: errno, operation: "remove", subject: file)
    if error.isMissing { return false }
    // Acting on a file that stays would be a restart every second.
    if !complained { logger.error("RELOAD cannot be acted on: \(error)") }
    complained = true
    return false
  }

  private func pump() {
    guard asked, !acting else { return }
    acting = true
    Task { @MainLoop in
      while asked {
        asked = false
        await act()
      }
      acting = false
    }
  }

  /// Some volumes (network file systems, a Mac's folders in Docker Desktop) send no events, and the folder
  /// itself may have been replaced.
  private func poll() {
    EventLoop.main.after(.seconds(2)) { [self] in
      guard registration != nil else { return }
      if watch == nil { rewatch() }
      look()
      poll()
    }
  }

  private func rewatch() {
    do throws(SystemError) {
      // Not its parents: where they are gone there is no project any more.
      if Files.kind(folder) == nil, Files.kind(Files.parent(of: folder)) != nil {
        try Files.makeDirectory(folder)
      }
      watch = try inotify.watch(folder: folder)
    } catch {
      if !complained { logger.warn("releases/ cannot be watched (\(error)); looking every two seconds") }
      complained = true
    }
    look()
  }
}
