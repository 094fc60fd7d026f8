import Glibc
import JSON
import Linux

/// The recorded stream of one deployment that is not over: a line of JSON an event, in a file of its own.
@MainLoop
package final class DeploymentLog {
  package let path: String
  private let limit: Int64
  private var file: FileDescriptor?
  /// The end of the stream: up to `saved` it is in the file, and kept for those who follow; the rest is not yet.
  private(set) var buffer: [UInt8] = []
  private var saved = 0
  /// Where in the stream the buffer begins.
  private var start: Int64 = 0
  private var isBegun = false
  private var isFull = false
  private var lost = 0
  private var isTurnEndAwaited = false
  private var followers: Followers?
  package private(set) var isFinished = false

  /// What is kept in memory of the end, and what may wait to be written.
  private static let tail = 256 << 10
  private static let patience = 1 << 20

  /// Beyond `limit` bytes only what is essential is kept.
  package init(path: String, limit: Int64 = 1 << 30) {
    self.path = path
    self.limit = limit
  }

  /// In bytes: what whoever follows can read. The file may end in half a line beyond it.
  package var size: Int64 {
    begin()
    return start + Int64(saved)
  }

  /// Nothing has been asked of it: of many that wait only the last will ever be written.
  var isUntouched: Bool { !isBegun }

  package func append(_ line: String, essential: Bool) {
    append(essential: essential) { $0.append(contentsOf: line.utf8) }
  }

  /// `write` adds one line, without its end, to what is going to the disk. Written at the end of the turn, or
  /// when there is much: a noisy build costs a write a turn, not one a line. Whoever reads its pipe waits for the
  /// disk in here, so that the pipe fills and not the memory.
  package func append(essential: Bool, _ write: (inout [UInt8]) -> Void) {
    if isFull, !essential { return }
    begin()
    add(write)
    if !isFull, start + Int64(buffer.count) > limit {
      isFull = true
      warn("the log has grown to \(describe(bytes: limit)): what the commands print from here on is not kept")
    }
    if buffer.count - saved > Self.tail { save() }
    guard !isTurnEndAwaited else { return }
    isTurnEndAwaited = true
    EventLoop.main.atEndOfTurn { [self] in
      isTurnEndAwaited = false
      guard !isFinished else { return }
      save()
      followers?.tell(size)
    }
  }

  /// Followers are told, and no more is taken. Readers go on with the file that is open, also when it is replaced.
  package func finish() {
    isFinished = true
    if isBegun {
      save()
      if let file { _ = ftruncate(file.raw, off_t(size)) }
      (start, buffer, saved) = (size, [], 0)
    }
    followers?.finish()
  }

  /// Called whenever there is more to read, at most once a turn, and when there will be no more. Where more than
  /// fifty follow, they are told every 25 ms.
  package func follow(_ body: @escaping @MainLoop () -> Void) -> Int {
    let followers = followers ?? Followers()
    self.followers = followers
    return followers.add(body)
  }

  package var isFollowed: Bool { followers?.isEmpty == false }

  package func unfollow(_ number: Int) { followers?.remove(number) }

  func read(at offset: Int64, _ count: Int) -> [UInt8] {
    guard offset >= 0, offset < size else { return [] }
    let count = Int(min(Int64(count), size - offset))
    if offset >= start {
      let first = Int(offset - start)
      return Array(buffer[first..<(first + count)])
    }
    return file?.read(at: offset, count) ?? []
  }

  private func add(_ write: (inout [UInt8]) -> Void) {
    write(&buffer)
    buffer.append(0x0a)
  }

  private func warn(_ message: String) {
    let event: JSONValue = [
      "type": "warn", "message": .string(message), "at": .string(Timestamp.now.iso8601()),
    ]
    add { $0 += event.bytes }
  }

  /// Goes on behind the last whole line of a manager that was killed.
  private func begin() {
    guard !isBegun else { return }
    isBegun = true
    file = try? FileDescriptor.open(path, O_RDWR)
    start = file?.endOfLastLine ?? 0
  }

  private func save() {
    guard saved < buffer.count else { return }
    if file == nil { file = try? FileDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600) }
    let raw = file?.raw ?? -1
    // At its place, not at the end: half a line, for which there was no room, is written over.
    let count = buffer.withUnsafeBytes {
      pwrite(raw, $0.baseAddress?.advanced(by: saved), $0.count - saved, off_t(start) + off_t(saved))
    }
    if count == buffer.count - saved {
      saved = buffer.count
    } else if count > 0 {
      saved = (buffer[..<(saved + count)].lastIndex(of: 0x0a) ?? saved - 1) + 1
    } else if buffer.count - saved > Self.patience {
      // A full disk costs lines of a log, never a deployment; a little waits for room.
      lost += buffer[saved...].count { $0 == 0x0a }
      buffer.removeLast(buffer.count - saved)
    }
    if lost > 0, count > 0 {
      warn("\(lost) lines are missing here: they could not be written")
      lost = 0
    }
    if saved > 2 * Self.tail {
      let old = saved - Self.tail
      buffer.removeFirst(old)
      saved -= old
      start += Int64(old)
    }
  }
}

extension FileDescriptor {
  func read(at offset: Int64, _ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
      read = max(0, pread(raw, buffer.baseAddress, count, off_t(offset)))
    }
  }

  var size: Int64 {
    var status = stat()
    return fstat(raw, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// 0 when there is none.
  var endOfLastLine: Int64 {
    var end = size
    while end > 0 {
      let begin = max(0, end - 64 << 10)
      let bytes = read(at: begin, Int(end - begin))
      if let newline = bytes.lastIndex(of: 0x0a) { return begin + Int64(newline) + 1 }
      end = begin
    }
    return 0
  }
}
