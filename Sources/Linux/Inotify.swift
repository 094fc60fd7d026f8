import CLinux
import Glibc

/// Watches folders. Overflow is an event like the others: the watcher has to look again.
package final class Inotify: Sendable {
  package struct Event: Sendable {
    package let watch: Int32
    package let name: String
    package let overflowed: Bool
    /// The folder itself is gone: deleted, moved away or unmounted.
    package let watchEnded: Bool
  }

  package let descriptor: FileDescriptor

  package init() throws(SystemError) {
    descriptor = FileDescriptor(
      owning: try systemCall("inotify_init") { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) })
  }

  package func watch(folder: String) throws(SystemError) -> Int32 {
    let mask =
      IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
    return try systemCall("watch", folder) { inotify_add_watch(descriptor.raw, folder, UInt32(mask)) }
  }

  package func unwatch(_ watch: Int32) { _ = inotify_rm_watch(descriptor.raw, watch) }

  package func pending() -> [Event] {
    var events: [Event] = []
    var buffer = [UInt8](repeating: 0, count: 32768)
    while let count = (try? buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }) ?? nil, count > 0
    {
      buffer.withUnsafeBytes { raw in
        let header = MemoryLayout<inotify_event>.size
        var offset = 0
        while offset + header <= count {
          let event = raw.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
          let nameEnd = min(count, offset + header + Int(event.len))
          let name = raw[(offset + header)..<nameEnd].prefix { $0 != 0 }
          let ended = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT
          events.append(
            Event(
              watch: event.wd, name: String(decoding: name, as: UTF8.self),
              overflowed: event.mask & UInt32(IN_Q_OVERFLOW) != 0,
              watchEnded: event.mask & UInt32(truncatingIfNeeded: ended) != 0))
          offset = nameEnd
        }
      }
    }
    return events
  }
}
