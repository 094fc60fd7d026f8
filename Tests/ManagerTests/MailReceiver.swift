import Dispatch
import Glibc
import Linux
import Synchronization

/// A mail server for one message, on loopback, that keeps what it is told. `answers` replaces its replies by
/// the first word of a command.
final class MailReceiver: Sendable {
  let port: UInt16
  private let lines = Mutex<[String]>([])

  init(answers: [String: String] = [:]) throws {
    let listener = FileDescriptor(
      owning: try systemCall("socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
    port = try Self.bound(listener)
    // A thread of its own: blocking Swift's pool would stall whatever the test waits for.
    DispatchQueue(label: "mail receiver").async { [self] in
      let client = FileDescriptor(owning: accept(listener.raw, nil, nil))
      serve(client, answers)
      listener.close()
    }
  }

  var said: [String] { lines.withLock { $0 } }

  private static func bound(_ listener: FileDescriptor) throws -> UInt16 {
    try systemCall("bind") { SocketAddress.loopback(0).withRaw { bind(listener.raw, $0, $1) } }
    try systemCall("listen") { listen(listener.raw, 1) }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener.raw, $0, &length) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  private func serve(_ client: FileDescriptor, _ answers: [String: String]) {
    reply("220 test", client)
    var isData = false
    while let line = readLine(client) {
      lines.withLock { $0.append(line) }
      if isData {
        guard line == "." else { continue }
        isData = false
        reply("250 taken", client)
        continue
      }
      let verb = String(line.prefix { $0 != " " && $0 != ":" })
      let usual = [
        "EHLO": "250-test\r\n250 AUTH PLAIN", "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "334 ",
      ]
      let answer = answers[verb] ?? usual[verb] ?? "250 ok"
      if answer.hasPrefix("334") {
        reply(answer, client)
        if let secret = readLine(client) { lines.withLock { $0.append(secret) } }
        reply("235 welcome", client)
        continue
      }
      isData = verb == "DATA" && answer.hasPrefix("354")
      reply(answer, client)
      if verb == "QUIT" { return }
    }
  }

  private func reply(_ text: String, _ client: FileDescriptor) {
    try? client.writeAll(Array((text + "\r\n").utf8))
  }

  private func readLine(_ client: FileDescriptor) -> String? {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while recv(client.raw, &byte, 1, 0) == 1 {
      if byte == 0x0a {
        return String(decoding: line.last == 0x0d ? line.dropLast() : line[...], as: UTF8.self)
      }
      line.append(byte)
    }
    return nil
  }
}
