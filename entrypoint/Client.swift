import Glibc
import HTTP
import JSON
import Linux
import Settings

struct ClientError: Error {
  let message: String
  let exitCode: Int32
}

/// Talks to the running manager over its socket, one request a connection.
struct Client {
  let settings: BasicSettings

  init() throws { settings = try BasicSettings.load() }

  var actor: String {
    settings.environment["SUDO_USER"] ?? settings.environment["USER"]
      ?? (geteuid() == 0 ? "root" : "user \(geteuid())")
  }

  var colors: Colors { Colors(settings.environment) }

  func get(_ path: String) throws -> JSONNode { try answer(request("GET", path, nil)) }

  func post(_ path: String, _ members: [(String, JSONValue)] = []) throws -> JSONNode {
    try answer(request("POST", path, .object(members)))
  }

  func delete(_ path: String) throws -> JSONNode { try answer(request("DELETE", path, nil)) }

  /// Hands over the body line by line as it arrives. `onPause` is called when all that has come was handed over, and
  /// at the end; `onIdle` a few times a second while nothing comes.
  func lines(
    _ path: String, onPause: @escaping () -> Void, onIdle: (() -> Void)? = nil, _ line: (String) -> Void
  ) throws {
    defer { onPause() }
    var partial: [UInt8] = []
    let wait = Wait(onPause: onPause, onIdle: onIdle)
    let status = try exchange("GET", path, nil, accept: "application/x-ndjson", wait) { bytes in
      partial += bytes
      var start = 0
      while let end = partial[start...].firstIndex(of: 0x0a) {
        line(String(decoding: partial[start..<end], as: UTF8.self))
        start = end + 1
      }
      // Once for all of them: each time it moves what is behind.
      partial.removeFirst(start)
    }
    if status != 200 { _ = try answer((status, partial)) }
  }

  /// What is done before an answer's next piece is waited for, and meanwhile.
  private struct Wait {
    var onPause: () -> Void = {}
    var onIdle: (() -> Void)?

    func callAsFunction(for socket: FileDescriptor) {
      onPause()
      guard let onIdle else { return }
      var wanted = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
      while poll(&wanted, 1, 250) == 0 { onIdle() }
    }
  }

  private func request(_ method: String, _ path: String, _ body: JSONValue?) throws -> (Int, [UInt8]) {
    var bytes: [UInt8] = []
    let status = try exchange(method, path, body) { bytes += $0 }
    return (status, bytes)
  }

  private func answer(_ response: (status: Int, body: [UInt8])) throws -> JSONNode {
    let body = response.body.isEmpty && response.status == 204 ? Array("{}".utf8) : response.body
    guard let document = try? JSONDocument(bytes: body) else {
      throw ClientError(
        message: "the manager's answer (\(response.status)) is not JSON", exitCode: ExitCode.failed)
    }
    if response.status < 400 { return document.root }
    let message = document.root["error"]?["message"]?.string ?? "the manager answered \(response.status)"
    let code =
      switch response.status {
      case 423, 429, 503: ExitCode.busy
      case 400, 422: ExitCode.usage
      default: ExitCode.failed
      }
    throw ClientError(message: message, exitCode: code)
  }

  private func exchange(
    _ method: String, _ path: String, _ body: JSONValue?, accept: String = "application/json",
    _ wait: Wait = Wait(), _ onBody: ([UInt8]) -> Void
  ) throws -> Int {
    let socket = try connect()
    let payload = body?.bytes ?? []
    var head =
      "\(method) \(path) HTTP/1.1\r\nHost: bascule\r\nConnection: close\r\nAccept: \(accept)\r\n"
      + "X-Bascule-Actor: \(Percent.encode(actor))\r\n"
    if !payload.isEmpty { head += "Content-Type: application/json\r\nContent-Length: \(payload.count)\r\n" }
    try send(Array("\(head)\r\n".utf8) + payload, on: socket)

    var parser = ResponseParser(method: method)
    var status = 0
    var isAnswered = false
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      switch parser.next() {
      case .head(let head): status = head.status
      case .body(let bytes): onBody(bytes)
      case .end: return status
      case .failure where !isAnswered:
        throw ClientError(
          message: "the manager ended the connection without an answer, as it does when it ends; try again",
          exitCode: ExitCode.noManager)
      case .failure(let failure):
        throw ClientError(
          message: "the manager's answer broke off: \(failure.message)", exitCode: ExitCode.failed)
      case .needMore:
        wait(for: socket)
        let count = try receive(into: &chunk, from: socket)
        if count == 0 {
          parser.close()
        } else {
          isAnswered = true
          chunk.withUnsafeBytes { parser.feed(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
      }
    }
  }

  /// A manager that ends just now may have answered all the same. Without a signal, by which this would end unheard.
  private func send(_ bytes: [UInt8], on socket: FileDescriptor) throws(SystemError) {
    var done = 0
    do throws(SystemError) {
      while done < bytes.count {
        done += try systemCall("send") {
          bytes.withUnsafeBytes {
            Glibc.send(socket.raw, $0.baseAddress?.advanced(by: done), $0.count - done, Int32(MSG_NOSIGNAL))
          }
        }
      }
    } catch {
      if error.code != EPIPE { throw error }
    }
  }

  private func receive(into chunk: inout [UInt8], from socket: FileDescriptor) throws(SystemError) -> Int {
    do throws(SystemError) {
      return try systemCall("read") {
        chunk.withUnsafeMutableBytes { Glibc.read(socket.raw, $0.baseAddress, $0.count) }
      }
    } catch {
      // It ended with the request unread.
      if error.code == ECONNRESET { return 0 }
      throw error
    }
  }

  private func connect() throws -> FileDescriptor {
    let path = settings.root + "/shared/bascule.sock"
    do throws(SystemError) {
      let (short, folder) = try Socket.shortPath(path)
      defer { folder.close() }
      let socket = FileDescriptor(
        owning: try systemCall("socket") {
          Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        })
      try systemCall("connect", path) {
        SocketAddress.unix(short).withRaw { Glibc.connect(socket.raw, $0, $1) }
      }
      return socket
    } catch {
      let why =
        error.code == EACCES
        ? "you may not use \(path); run this as the manager's user"
        : "no manager runs in \(settings.root) (\(error.reason)); start it with `bascule run`, or set APP_ROOT"
      throw ClientError(message: why, exitCode: ExitCode.noManager)
    }
  }
}
