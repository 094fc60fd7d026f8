import Foundation
import Synchronization

/// A server on loopback that is of no use to anybody.
final class Villain: Sendable {
  enum Manner: String, CaseIterable, Sendable {
    /// Accepts, and never says a word.
    case silent
    /// Accepts, and resets.
    case resets
    /// Accepts, and closes.
    case closes
  }

  private let descriptor: Int32
  private let seen = Mutex((connections: 0, held: [Int32]()))

  /// How many have come.
  var visitors: Int { seen.withLock { $0.connections } }

  init(port: Int, _ manner: Manner) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, 4)
    try bindTo(descriptor, 0x7f00_0001, port)
    guard listen(descriptor, 64) == 0 else { throw Failure("listen: \(String(cString: strerror(errno)))") }
    startThread { [self] in
      while true {
        let client = accept(descriptor, nil, nil)
        guard client >= 0 else { return }
        seen.withLock { $0.connections += 1 }
        switch manner {
        case .silent: seen.withLock { $0.held.append(client) }
        case .resets:
          var reset = linger(l_onoff: 1, l_linger: 0)
          setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
          close(client)
        case .closes: close(client)
        }
      }
    }
  }

  func end() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
    for client in seen.withLock({ $0.held }) { close(client) }
  }
}

/// Takes questions for names on 127.0.0.77, and answers none, or with a failure.
final class DumbNameServer: Sendable {
  static let address = "127.0.0.77"
  private let descriptor: Int32
  private let count = Mutex(0)

  var questions: Int { count.withLock { $0 } }

  init(fails: Bool) throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    try bindTo(descriptor, 0x7f00_004d, 53)
    startThread { [self] in
      var packet = [UInt8](repeating: 0, count: 2048)
      while true {
        var from = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let size = withUnsafeMutablePointer(to: &from) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            recvfrom(descriptor, &packet, packet.count, 0, $0, &length)
          }
        }
        guard size > 12 else { return }
        count.withLock { $0 += 1 }
        guard fails else { continue }
        // An answer, and SERVFAIL.
        packet[2] |= 0x80
        packet[3] = packet[3] & 0xf0 | 2
        _ = withUnsafePointer(to: &from) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            sendto(descriptor, packet, size, 0, $0, length)
          }
        }
      }
    }
  }

  func end() {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }
}

private func bindTo(_ descriptor: Int32, _ host: UInt32, _ port: Int) throws {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr = in_addr(s_addr: host.bigEndian)
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard result == 0 else { throw Failure("bind: \(String(cString: strerror(errno)))") }
}
