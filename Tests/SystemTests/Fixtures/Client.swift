import Foundation
import Synchronization

/// One loopback connection, so plain that it can also be slow or wrong.
final class Connection: Sendable {
  private let descriptor: Int32

  /// `source`: an address of this machine that the other side is to see, such as 127.0.0.2.
  init(port: Int, from source: String? = nil) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var limit = timeval(tv_sec: 60 * slowness, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    if let source { try bind(to: source) }
    var address = loopback(port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      // deinit closes it, also after this throw: a second close would hit another test's descriptor.
      let reason = String(cString: strerror(errno))
      throw Failure("nobody listens on port \(port): \(reason)")
    }
  }

  deinit { close(descriptor) }

  private func bind(to source: String) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, source, &address.sin_addr)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure("\(source): \(String(cString: strerror(errno)))") }
  }

  func send(_ bytes: Data) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure("sending: \(String(cString: strerror(errno)))") }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) throws { try send(Data(text.utf8)) }

  /// Everything up to the other side's end; what a reset cut off is missing.
  func receiveAll() throws -> Data {
    var result = Data()
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count < 0, errno == EAGAIN { throw Failure("no answer within a minute") }
      if count <= 0 { return result }
      result += chunk[..<count]
    }
  }
}

struct Answer: Sendable, CustomStringConvertible {
  let status: Int
  let headers: [String: String]
  let body: Data

  /// Of a response that ended with its connection.
  init(_ bytes: Data) throws {
    let separator = Data("\r\n\r\n".utf8)
    guard let end = bytes.firstRange(of: separator) else {
      throw Failure("no HTTP response: \(String(decoding: bytes, as: UTF8.self))")
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count >= 2, let status = Int(words[1]) else { throw Failure("no status line: \(lines[0])") }
    self.status = status
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1] }
    }
    self.headers = headers
    let rest = Data(bytes[end.upperBound...])
    body = headers["transfer-encoding"] == "chunked" ? Self.unchunked(rest) : rest
  }

  var text: String { String(decoding: body, as: UTF8.self) }
  var json: JSON { get throws { try JSON(parsing: body) } }
  var description: String { "\(status) \(text)" }

  private static func unchunked(_ bytes: Data) -> Data {
    var rest = bytes
    var result = Data()
    let lineEnd = Data("\r\n".utf8)
    while let end = rest.firstRange(of: lineEnd) {
      let size = Int(String(decoding: rest[..<end.lowerBound], as: UTF8.self), radix: 16) ?? 0
      guard size > 0 else { break }
      result += rest[end.upperBound...].prefix(size)
      rest = Data(rest[end.upperBound...].dropFirst(size + 2))
    }
    return result
  }
}

func request(
  _ method: String = "GET", _ path: String = "/", port: Int, headers: [String: String] = [:],
  body: Data? = nil, from source: String? = nil
) async throws -> Answer {
  var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nConnection: close\r\n"
  if let body { head += "Content-Length: \(body.count)\r\n" }
  for (name, value) in headers { head += "\(name): \(value)\r\n" }
  let message = Data((head + "\r\n").utf8) + (body ?? Data())
  return try await offThread {
    let connection = try Connection(port: port, from: source)
    try connection.send(message)
    return try Answer(connection.receiveAll())
  }
}

/// Outside the range that the kernel takes for outgoing connections, and never handed out twice.
func freePort() throws -> Int {
  while true {
    let port = nextPort.withLock { next in
      next = next >= 31999 ? 20000 : next + 1
      return next
    }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if bound == 0 { return port }
  }
}

private let nextPort = Mutex(20000 + Int(getpid()) * 97 % 12000)

private func loopback(_ port: Int) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
  return address
}
