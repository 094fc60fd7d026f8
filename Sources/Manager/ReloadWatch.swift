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
  private let watches: FolderWatches
  private var watch: Int32?
  private var looking: Int?
  private var asked = false
  private var acting = false
  private var complained = false

  private var file: String { folder + "/RELOAD" }

  init(folder: String, watches: FolderWatches, logger: Logger, act: @escaping @MainLoop () async -> Void) {
    self.folder = folder
    self.watches = watches
    self.logger = logger
    self.act = act
    rewatch()
    looking = watches.everyTwoSeconds { [weak self] in self?.lookAgain() }
  }

  func stop() {
    if let looking { watches.endLooking(looking) }
    if let watch { watches.unwatch(watch) }
    watch = nil
  }

  /// As if RELOAD had appeared: SIGHUP.
  func request() {
    asked = true
    pump()
  }

  private func see(_ event: Inotify.Event) {
    if event.watchEnded, let ended = watch {
      // Moved away, it would still be watched.
      watches.unwatch(ended)
      watch = nil
    }
    if event.overflowed || event.name == "RELOAD" || event.watchEnded { look() }
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

  /// The folder itself may have been replaced.
  private func lookAgain() {
    if watch == nil { rewatch() }
    look()
  }

  private func rewatch() {
    do throws(SystemError) {
      // Not its parents: where they are gone there is no project any more.
      if Files.kind(folder) == nil, Files.kind(Files.parent(of: folder)) != nil {
        try Files.makeDirectory(folder)
      }
      watch = try watches.watch(folder) { [weak self] in self?.see($0) }
    } catch {
      if !complained { logger.warn("releases/ cannot be watched (\(error)); looking every two seconds") }
      complained = true
    }
    look()
  }
}
