import Glibc
import Testing

/// `bascule front --site`: which of several apps answers.
@Suite(.fewAtATime, .onItsOwnThread)
struct SeveralSites {
  @Test(
    arguments: [
      ("h", "main"), ("shop.example", "shop"), ("SHOP.Example", "shop"), ("shop.example:8080", "shop"),
      ("shop.example.", "shop"), ("www.shop.example", "shop"), ("x.shop.example", "main"),
      ("shop.example.org", "main"), ("module-new.example.com", "module"), ("Module-New.x:1", "module"),
      ("module-new", "main"), ("module-new.example", "shop"), ("127.0.0.1", "main"), ("[::1]:80", "main"),
    ])
  func `the host that a request names decides, and who is named by none is the main site's`(
    host: String, name: String
  ) async throws {
    try await withSites { it in
      let client = try it.front.client()
      let answer = try client.ask("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
      #expect(answer.text == name, "\(answer)")
      #expect(it.upstream(name).received.contains("Host: \(host)\r\n"), "it goes on as it came")
    }
  }

  @Test func `the host of an absolute target counts, and HTTP/1.0 without one is the main site's`()
    async throws
  {
    try await withSites { it in
      let client = try it.front.client()
      #expect(
        try client.ask("GET http://shop.example:1/x HTTP/1.1\r\nHost: module-new.x\r\n\r\n").text == "shop")
      #expect(
        try client.ask("GET https://Module-new.x HTTP/1.1\r\nHost: shop.example\r\n\r\n").text == "module")
      #expect(try client.ask("GET http://h/ HTTP/1.1\r\nHost: shop.example\r\n\r\n").text == "main")
      #expect(try client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").text == "main")
      #expect(try client.ask("GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n").text == "shop")
    }
  }

  @Test(arguments: [1, 3])
  func `requests in one breath on one connection each go to their own site`(threads: Int) async throws {
    try await withSites(["--threads", "\(threads)"]) { it in
      let hosts = [("shop.example", "shop"), ("h", "main"), ("module-new.x", "module")]
      let asked = (0..<60).map { hosts[$0 * 7 % 3] }
      let requests = asked.enumerated().map { number, host in
        number % 2 == 0
          ? "GET /\(number) HTTP/1.1\r\nHost: \(host.0)\r\n\r\n"
          : "POST /\(number) HTTP/1.1\r\nHost: \(host.0)\r\nContent-Length: 5\r\n\r\nhello"
      }
      let client = try it.front.client()
      try client.send(requests.joined())
      for (_, name) in asked { #expect(try client.readResponse().text == name) }
      // And in pieces that end in the middle of a head.
      let bytes = [UInt8](requests.joined())
      let other = try it.front.client()
      for start in stride(from: 0, to: bytes.count, by: 37) {
        try other.send(Array(bytes[start..<min(start + 37, bytes.count)]))
      }
      for (_, name) in asked { #expect(try other.readResponse().text == name) }
      for name in ["shop", "main", "module"] {
        let upstream = it.upstream(name)
        let host = hosts.first { $0.1 == name }?.0 ?? ""
        #expect(upstream.received.occurrences(of: " HTTP/1.1\r\n") == 40)
        #expect(
          upstream.received.occurrences(of: "\r\nHost: \(host)\r\n") == 40, "no other site's connection")
      }
    }
  }

  @Test func `a WebSocket is the site's whose host it names`() async throws {
    try await withSites { it in
      let client = try it.front.client()
      #expect(try client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").text == "main")
      let answer = try client.ask(
        "GET /ws HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
      #expect(answer.status == 101)
      let frame = WebSocketClient.frame(0x82, [UInt8]("hello"))
      try client.send(frame)
      #expect(try client.receive(exactly: 4 + frame.count) == [UInt8]("shop") + frame)
      #expect(!it.upstream("main").received.contains("hello"))
    }
  }

  @Test func `on a port of its own every request is the site's`() async throws {
    try await withSites { it in
      for host in ["shop.example", "h", "module-new.x"] {
        let client = try rawClient(port: it.ownPort)
        #expect(try client.ask("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").text == "shop")
        #expect(try client.ask("GET http://module-new.x/ HTTP/1.1\r\nHost: \(host)\r\n\r\n").text == "shop")
      }
    }
  }

  @Test func `what cannot be read is refused on every port`() async throws {
    try await withSites { it in
      for port in [it.front.port, it.ownPort] {
        let client = try rawClient(port: port)
        #expect(try client.ask("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").text == "shop")
        #expect(try client.ask("GET / HTTP/1.1\r\nHost: shop.example\r\nHost: h\r\n\r\n").status == 400)
        #expect(client.receiveRest() == ([], .closed))
      }
    }
  }

  @Test(
    arguments: [
      "nothing", "=127.0.0.1:1", "h=", "h=nowhere", "*=127.0.0.1:1", "a:80=127.0.0.1:1", ":0=127.0.0.1:1",
      ":70000=127.0.0.1:1", "a,,b=127.0.0.1:1", "a b=127.0.0.1:1",
    ])
  func `a site that cannot be meant ends with 2 and a sentence`(site: String) async throws {
    try await Workspace.with { workspace in
      let finished = try await workspace.attempt([
        try Toolbox.bascule, "front", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--site", site,
      ])
      #expect(finished.code == 2, "\(finished)")
      #expect(finished.errors.hasPrefix("bascule: "), "\(finished)")
    }
  }

  @Test func `a site's port that is taken ends it with 78`() async throws {
    try await Workspace.with { workspace in
      let upstream = try ScriptedUpstream(ScriptedUpstream.silent)
      defer { upstream.stop() }
      let port = upstream.address.split(separator: ":")[1]
      let finished = try await workspace.attempt([
        try Toolbox.bascule, "front", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "--site",
        ":\(port)=127.0.0.1:1",
      ])
      #expect(finished.code == 78, "\(finished)")
    }
  }
}

private struct Sites {
  let front: FrontProcess
  let ownPort: Int
  let upstreams: [String: ScriptedUpstream]
  let main: ScriptedUpstream

  func upstream(_ name: String) -> ScriptedUpstream { upstreams[name] ?? main }
}

/// Three apps that answer with their names: one for all, one by host and by port, one by the beginning of a host.
private func withSites(_ options: [String] = [], _ body: @escaping (Sites) async throws -> Void) async throws
{
  let shop = try ScriptedUpstream(named("shop"))
  let module = try ScriptedUpstream(named("module"))
  defer {
    shop.stop()
    module.stop()
  }
  let port = try freePort()
  let sites = [
    "--site", "shop.example,WWW.shop.example,:\(port),module-new.example=\(shop.address)",
    "--site", "module-new.*=\(module.address)",
  ]
  try await withFront(sites + options, app: named("main")) { front, main in
    try await body(
      Sites(front: front, ownPort: port, upstreams: ["shop": shop, "module": module], main: main))
  }
}

private func named(_ name: String) -> ScriptedUpstream.Script {
  { stream, _ in
    while let request = try stream.readRequest(), request.isWhole {
      guard request["upgrade"] == nil else {
        try stream.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\(name)")
        while case let bytes = try stream.receive(), !bytes.isEmpty { try stream.send(bytes) }
        return
      }
      try stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\r\n\(name)")
    }
  }
}
