import Linux

/// One inotify for the folders of all projects: the kernel gives a user 128 of them, in all containers together.
@MainLoop
final class FolderWatches {
  typealias Observer = @MainLoop (Inotify.Event) -> Void

  private var inotify: Inotify?
  private var observers: [Int32: Observer] = [:]
  private var looks: [Int: @MainLoop () -> Void] = [:]
  private var lastLook = 0
  private var isTicking = false

  /// Names the watch. Where there is nothing to be had this throws, and may be tried again.
  func watch(_ folder: String, _ observer: @escaping Observer) throws(SystemError) -> Int32 {
    let watch = try opened().watch(folder: folder)
    observers[watch] = observer
    return watch
  }

  func unwatch(_ watch: Int32) {
    inotify?.unwatch(watch)
    observers[watch] = nil
  }

  /// Some volumes (network file systems, a Mac's folders in Docker Desktop) send no events. All in one turn: a timer for
  /// each of a hundred projects would wake the loop as often.
  func everyTwoSeconds(_ look: @escaping @MainLoop () -> Void) -> Int {
    lastLook += 1
    looks[lastLook] = look
    if !isTicking { tick() }
    return lastLook
  }

  func endLooking(_ number: Int) { looks[number] = nil }

  private func tick() {
    isTicking = true
    EventLoop.main.after(.seconds(2)) { [self] in
      isTicking = false
      for look in looks.values { look() }
      if !looks.isEmpty, !isTicking { tick() }
    }
  }

  private func opened() throws(SystemError) -> Inotify {
    if let inotify { return inotify }
    let made = try Inotify()
    _ = try EventLoop.main.add(made.descriptor.raw, .read) { [weak self] _ in self?.drain() }
    inotify = made
    return made
  }

  private func drain() {
    for event in inotify?.pending() ?? [] {
      // What was lost may have been anybody's.
      if event.overflowed {
        for observer in observers.values { observer(event) }
      } else {
        observers[event.watch]?(event)
      }
    }
  }
}
