import Crypto
import HTTP
import JSON
import Linux
import Server
import Supervisor
import TestSupport
import Testing

@testable import Manager
@testable import Notify

/// With the real curl and real receivers, on loopback.
@Suite(.timeLimit(.minutes(5))) struct CurlSenderTests {
  init() { MainLoopThread.start() }

  @MainLoop private func sender(path: String = "/usr/local/bin:/usr/bin:/bin") -> CurlSender {
    CurlSender(
      exchange: Exchange(table: Reaper.table, marks: Reaper.marks),
      environment: ["PATH": path, "SECRET": "x", "HOME": "/nowhere"])
  }

  /// A receiver of requests, gone at the end of `body`.
  @MainLoop private func withReceiver(
    _ handler: @escaping HTTPServer.Handler, body: (UInt16) async throws -> Void
  ) async throws {
    let server = HTTPServer(limits: Limits(), handler: handler)
    let listener = try Listener.tcp(port: 0, setting: "PORT")
    try server.listen(listener)
    do { try await body(listener.port) } catch {
      await server.stop(within: .zero)
      throw error
    }
    await server.stop(within: .zero)
  }

  @MainLoop private func news(_ message: String) throws -> DeploymentNews {
    try #require(
      DeploymentNews(deployment: [
        "id": 12, "project": "main", "state": "success", "trigger": "push", "actor": "alice", "ref": "main",
        "message": .string(message), "release": 8, "startedAt": "2026-01-31T12:00:01.000Z",
      ]))
  }

  @MainLoop @Test func `a webhook arrives byte for byte as it was signed`() async throws {
    var received: Request?
    let message = "quotes \" \\ and\ttabs\r\nlines @file ü😀 \u{1}\u{7f} $(id) {a,b}[1-3]"
    try await withReceiver { request, _, respond in
      received = request
      respond(.text(200, "thanks"))
    } body: { port in
      let webhook = Webhook(url: "http://127.0.0.1:\(port)/hook?[a]={b}", secret: "s3cret", kinds: [])
      let outcome = await webhook.deliver(try news(message), delivery: "d1", isRetry: false, by: sender())
      #expect(outcome == .accepted)
    }
    let request = try #require(received)
    #expect(request.head.method == "POST")
    #expect(request.head.path == "/hook")
    let code = HMACSHA256.authenticate(key: Array("s3cret".utf8), message: request.body)
    #expect(request.head.headers["X-Webhook-Signature"] == "sha256=" + Hex.encode(code))
    #expect(request.head.headers["Content-Type"] == "application/json")
    #expect(request.head.headers["User-Agent"] == "bascule")
    let root = try JSONDocument(bytes: request.body).root
    #expect(root["deployment"]?["message"]?.string == message)
  }

  @MainLoop @Test func `neither arguments nor environment of curl show an address or a secret`() async throws
  {
    var seen: [(arguments: String, environment: String)] = []
    try await withReceiver { _, _, respond in
      for process in Procfs.processes() where process.name == "curl" {
        let text = { (file: String) in (try? Files.text("/proc/\(process.pid)/\(file)")) ?? "" }
        seen.append((text("cmdline"), text("environ")))
      }
      respond(.text(204, ""))
    } body: { port in
      let webhook = Webhook(url: "http://127.0.0.1:\(port)/secret", secret: "s3cret", kinds: [])
      _ = await webhook.deliver(try news("m"), delivery: "d1", isRetry: false, by: sender())
    }
    let mine = seen.filter { $0.environment.contains("BASCULE_ROOT=/tests") }
    #expect(!mine.isEmpty)
    for (arguments, environment) in mine {
      #expect(arguments == "curl\0-q\0--config\0-\0")
      let names = environment.split(separator: "\0").map { String($0.prefix { $0 != "=" }) }
      #expect(Set(names) == ["PATH", "BASCULE_ROOT", "BASCULE_JOB"])
    }
  }

  @MainLoop @Test func `a receiver's trouble is told by its status, and a redirect is not followed`()
    async throws
  {
    var count = 0
    try await withReceiver { request, _, respond in
      count += 1
      switch request.head.path {
      case "/later": respond(Response(503, headers: [("Retry-After", "17")]))
      case "/moved": respond(Response(302, headers: [("Location", "file:///etc/passwd")]))
      default: respond(Response(200, body: [UInt8](repeating: 0x61, count: 1 << 20)))
      }
    } body: { port in
      func send(_ path: String) async -> TransferOutcome {
        await sender().send(.post("http://127.0.0.1:\(port)\(path)", json: Array("{}".utf8)))
      }
      guard case .answered(let later) = await send("/later") else {
        Issue.record("no answer")
        return
      }
      #expect(later.status == 503)
      #expect(later.retryAfter == .seconds(17))
      guard case .answered(let moved) = await send("/moved") else {
        Issue.record("no answer")
        return
      }
      #expect(moved.status == 302)
      // Of a megabyte nothing is wanted but the word that it was taken.
      guard case .answered(let large) = await send("/large") else {
        Issue.record("no answer")
        return
      }
      #expect(large.status == 200)
      #expect(large.body.count <= CurlConfiguration.answerLimit)
      #expect(count == 3)
    }
  }

  @MainLoop @Test func `where nobody listens the reason is a sentence`() async throws {
    let port = try #require(Socket.freePort())
    let outcome = await sender().send(.post("http://127.0.0.1:\(port)/", json: []))
    #expect(outcome == .failed("it takes no connection"))
  }

  @MainLoop @Test func `one that never answers is given its time and no more`() async throws {
    try await withReceiver { _, _, _ in
    } body: { port in
      var transfer = Transfer.post("http://127.0.0.1:\(port)/", json: [])
      transfer.timeout = .seconds(1)
      let outcome = await sender().send(transfer)
      #expect(outcome == .failed("it did not answer in time"))
      let task = Task { @MainLoop in await sender().send(.post("http://127.0.0.1:\(port)/", json: [])) }
      await MainLoop.sleep(for: .milliseconds(200))
      task.cancel()
      #expect(await task.value == .canceled)
    }
  }

  @MainLoop @Test func `without curl there is one sentence that says what to install`() async throws {
    let folder = try TemporaryFolder()
    let sender = sender(path: folder.path)
    #expect(sender.obstacle == CurlProgram.missing)
    #expect(await sender.send(.post("http://127.0.0.1:1/", json: [])) == .unavailable(CurlProgram.missing))
    #expect(self.sender().obstacle == nil)
  }

  @MainLoop private func mail(_ receiver: MailReceiver, login: String = "") async throws -> DeliveryOutcome {
    let from = try #require(MailAddress("Bascule <bascule@example.test>"))
    let to = try #require(MailAddress.list("a@example.test, Ö <b@example.test>"))
    let channel = MailChannel(
      url: "smtp://\(login)127.0.0.1:\(receiver.port)", from: from, to: to, kinds: [])
    return await channel.deliver(
      try news("grüße \" \\ ; , =\n.\nBcc: x@y.test"), delivery: "d1", isRetry: false, by: sender())
  }

  @MainLoop @Test func `a mail arrives with its headers and its text`() async throws {
    let receiver = try MailReceiver()
    #expect(try await mail(receiver) == .accepted)
    let lines = receiver.said
    #expect(lines.contains { $0.hasPrefix("MAIL FROM:<bascule@example.test>") })
    #expect(lines.contains("RCPT TO:<a@example.test>"))
    #expect(lines.contains("RCPT TO:<b@example.test>"))
    #expect(lines.contains("Message-ID: <d1@example.test>"))
    #expect(lines.contains("Subject: main: release 8 is live, deployed"))
    #expect(lines.contains("Content-Type: text/plain; charset=utf-8"))
    #expect(lines.contains("Content-Transfer-Encoding: base64"))
    #expect(!lines.contains { $0.hasPrefix("Bcc") })
    let text = lines.drop { $0 != "Content-Transfer-Encoding: base64" }.dropFirst(2).prefix {
      !$0.isEmpty && !$0.hasPrefix("--")
    }
    let decoded = String(decoding: try #require(Base64.decode(text.joined())), as: UTF8.self)
    #expect(decoded.hasPrefix("main: release 8 is live, deployed\n\ngrüße \" \\ ; , =\n"))
  }

  @MainLoop @Test func `a mail server's refusal is final, its hesitation is not`() async throws {
    var receiver = try MailReceiver(answers: ["RCPT": "550 nobody"])
    #expect(try await mail(receiver) == .never("127.0.0.1:\(receiver.port) answered 550"))
    receiver = try MailReceiver(answers: ["MAIL": "451 busy"])
    #expect(try await mail(receiver) == .later("127.0.0.1:\(receiver.port) answered 451"))
    receiver = try MailReceiver(answers: ["AUTH": "535 no"])
    #expect(
      try await mail(receiver, login: "user:p%40ss@") == .never("127.0.0.1:\(receiver.port) answered 535"))
  }

  @MainLoop @Test func `a login goes out as it was given`() async throws {
    let receiver = try MailReceiver()
    #expect(try await mail(receiver, login: "us%40er:p%3Aa%22s@") == .accepted)
    #expect(receiver.said.contains(Base64.encode(Array("\0us@er\0p:a\"s".utf8))))
  }
}
