import Glibc
import Linux
import Synchronization

/// Sends the same bytes to whatever it is asked, on a thread of its own.
final class Upstream: Sendable {
  let port: UInt16
  private let listener: FileDescriptor
  private let count = Atomic<Int>(0)

  var accepted: Int { count.load(ordering: .relaxed) }

  init(_ answer: String, keepsOpen: Bool = false) throws {
    let raw = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let listener = FileDescriptor(owning: raw)
    self.listener = listener
    try systemCall("bind") { SocketAddress.loopback(0).withRaw { bind(raw, $0, $1) } }
    try systemCall("listen") { listen(raw, 16) }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try systemCall("getsockname") {
      withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &length) }
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    let upstream = Unmanaged.passRetained(Work(self, listener, Array(answer.utf8), keepsOpen))
    var thread = pthread_t()
    pthread_create(&thread, nil, serve, upstream.toOpaque())
    pthread_detach(thread)
  }

  /// Also ends the thread, once the test has closed its connection.
  func close() {
    shutdown(listener.raw, Int32(SHUT_RDWR))
    listener.close()
  }

  fileprivate func noteConnection() { count.add(1, ordering: .relaxed) }
}

private final class Work: Sendable {
  let upstream: Upstream
  let listener: FileDescriptor
  let answer: [UInt8]
  let keepsOpen: Bool

  init(_ upstream: Upstream, _ listener: FileDescriptor, _ answer: [UInt8], _ keepsOpen: Bool) {
    self.upstream = upstream
    self.listener = listener
    self.answer = answer
    self.keepsOpen = keepsOpen
  }
}

private func serve(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let work = Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
  while true {
    let raw = accept(work.listener.raw, nil, nil)
    if raw < 0 { return nil }
    work.upstream.noteConnection()
    let connection = FileDescriptor(owning: raw)
    while let bytes = try? connection.read(upTo: 4096), !bytes.isEmpty {
      try? connection.writeAll(work.answer)
      if !work.keepsOpen { break }
    }
    connection.close()
  }
}
