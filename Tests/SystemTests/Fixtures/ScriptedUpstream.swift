import Glibc
import Synchronization

/// An app that does exactly what a test tells it, each connection on a thread of its own.
final class ScriptedUpstream: Sendable {
  /// Gets a connection and how many there were before it; when it returns the connection is closed.
  typealias Script = @Sendable (ByteStream, Int) throws -> Void

  /// As `--upstream` takes it.
  let address: String
  private let listener: Int32
  private let script: Script
  private let state = Mutex<(streams: [ByteStream], isStopped: Bool, served: Int)>(([], false, 0))

  init(unix path: String? = nil, port: Int = 0, _ script: @escaping Script) throws {
    self.script = script
    if let path {
      address = "unix:" + path
      listener = try listeningSocket(path: path)
    } else {
      let bound: Int
      (listener, bound) = try listeningSocket(port: port)
      address = "127.0.0.1:\(bound)"
    }
    // Not `self`: the thread would keep it.
    startThread { [listener, weak self] in
      while true {
        let descriptor = acceptClosingOnExec(listener)
        if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
        guard descriptor >= 0 else { break }
        guard let self else {
          Glibc.close(descriptor)
          break
        }
        self.serve(ByteStream(descriptor: descriptor))
      }
      Glibc.close(listener)
    }
  }

  deinit { stop() }

  /// All connections there were, in order.
  var connections: [ByteStream] { state.withLock { $0.streams } }
  /// How many of them are over.
  var served: Int { state.withLock { $0.served } }
  /// All bytes that arrived, over all connections.
  var received: [UInt8] { connections.flatMap(\.received) }

  func stop() {
    let streams = state.withLock { state -> [ByteStream]? in
      defer { state.isStopped = true }
      return state.isStopped ? nil : state.streams
    }
    // A second time the listener's number may be somebody else's.
    guard let streams else { return }
    shutdown(listener, Int32(SHUT_RDWR))
    for stream in streams { stream.cut() }
  }

  private func serve(_ stream: ByteStream) {
    let number = state.withLock { state -> Int? in
      guard !state.isStopped else { return nil }
      state.streams.append(stream)
      return state.streams.count - 1
    }
    guard let number else { return }
    startThread { [script, weak self] in
      // What went wrong shows in the bytes, and a connection that the front cuts off is no failure.
      try? script(stream, number)
      stream.close()
      self?.state.withLock { $0.served += 1 }
    }
  }
}

extension ScriptedUpstream {
  /// `reply` to each request, once that is whole.
  static func answering(_ reply: String) -> Script {
    { stream, _ in while let request = try stream.readRequest(), request.isWhole { try stream.send(reply) } }
  }

  /// `reply` to the first request, and the end of the connection.
  static func once(_ reply: String) -> Script {
    { stream, _ in
      _ = try stream.readRequest()
      try stream.send(reply)
    }
  }

  /// Takes all and says nothing.
  static let silent: Script = { stream, _ in _ = stream.drain() }

  /// The body comes back, and with it the method and the target as fields.
  static let echo: Script = { stream, number in
    while let request = try stream.readRequest(), request.isWhole {
      let length = request.method == "HEAD" ? 3 : request.body.count
      let head = """
        HTTP/1.1 200 OK\r\nMethod: \(request.method)\r\nTarget: \(request.target)\r\nLink: \(number)\r
        Content-Length: \(length)\r\n\r\n
        """
      try stream.send([UInt8](head) + request.body)
    }
  }
}

/// Glibc's module lacks it, and a descriptor that a process of another test inherits would not close here.
private let accept4 = unsafeBitCast(
  dlsym(nil, "accept4"), to: (@convention(c) (Int32, OpaquePointer?, OpaquePointer?, Int32) -> Int32).self)

private func acceptClosingOnExec(_ listener: Int32) -> Int32 {
  accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
}

private func listeningSocket(port: Int) throws -> (Int32, port: Int) {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var on: Int32 = 1
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
  var address = loopbackAddress(port: port)
  let size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let bound = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
  }
  guard bound == 0, listen(descriptor, 4096) == 0 else { throw Failure("no socket to listen on") }
  var length = size
  _ = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
  }
  return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
}

private func listeningSocket(path: String) throws -> Int32 {
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
    throw Failure("\(path) is too long for a socket")
  }
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let bound = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  guard bound == 0, listen(descriptor, 4096) == 0 else { throw Failure("no socket at \(path)") }
  return descriptor
}

func loopbackAddress(port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
  return address
}
