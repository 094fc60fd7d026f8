import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct RoutingTests {
  @Test(arguments: [
    "/api", "/api/", "/api/projects/", "/api//projects", "/api/nothing", "/api/projects/mine/",
    "/API/projects",
    "/api/%70rojects", "/api/projects/mine%2Fdeploy", "/api/projects/..%2f..%2fetc/status",
    "/api/projects/%00",
    "/api/projects/a%0ab", "/api/projects/%", "/api/projects/%zz", "/api/projects/%ff", "/api/projects/%7f",
    "/api/projects/%2566", "/api/deployments/01", "/api/deployments/+1", "/api/deployments/1e0",
    "/api/deployments/99999999999999999999", "/api/deployments/-1", "/api/deployments/last",
    "/api/projects/deploy%2Dstream", "/api/tokens",
  ])
  func `a path that is none is answered with 404`(path: String) async throws {
    try await ApiServer.with { api in
      _ = try await api.manager.deployment(of: "main")
      let response = try await api.ask("GET", path)
      #expect(response.status == 404)
      #expect(response.text.hasPrefix(#"{"error":{"code":"not_found","message":""#))
    }
  }

  @Test func `a parameter is decoded once`() async throws {
    try await ApiServer.with { api in
      let once = try await api.ask("GET", "/api/projects/%6d%69ne")
      #expect(once.status == 200)
      #expect(try await api.ask("GET", "/api/projects/%256dine").status == 404)
    }
  }

  @Test func `a known path tells which methods it takes`() async throws {
    try await ApiServer.with { api in
      for (method, path, allowed) in [
        ("PUT", "/api/projects", "GET, HEAD, POST"), ("POST", "/api/projects/mine/status", "GET, HEAD"),
        ("GET", "/api/projects/mine/deploy", "POST"), ("HEAD", "/api/projects/deploy-stream", "GET"),
        ("DELETE", "/api/projects/deploy-stream", "GET"), ("OPTIONS", "/api/openapi.json", "GET, HEAD"),
      ] {
        let client = try api.client()
        try client.send(ApiServer.request(method, path))
        let head = try #require(await client.text(upTo: "\r\n\r\n"))
        #expect(head.hasPrefix("HTTP/1.1 405 "), "\(method) \(path)")
        #expect(head.contains("Allow: \(allowed)\r\n"), "\(method) \(path)")
      }
      #expect(await api.manager.asked.isEmpty)
    }
  }

  @Test func `HEAD is answered as GET is, without the body`() async throws {
    try await ApiServer.with { api in
      let length = try await api.ask("GET", "/api/projects").body.count
      let client = try api.client()
      try client.send(ApiServer.request("HEAD", "/api/projects") + ApiServer.request("GET", "/api/nothing"))
      #expect(await client.text(upTo: "\r\n\r\n")?.contains("Content-Length: \(length)\r\n") == true)
      #expect(await client.response()?.status == 404)
    }
  }

  @Test(arguments: [
    ("limit=0", 400), ("limit=201", 400), ("limit=", 400), ("limit=+5", 400), ("limit=5&limit=5", 400),
    ("limit=5&li%6dit=5", 400), ("limit=%", 400), ("status=none", 400), ("before=x", 400), ("before=-1", 400),
    ("slug=%ff", 400), ("slug=", 400), ("slug=nobodys", 404), ("slug=main%00", 404), ("slug=ma%2569n", 404),
    ("other=1&other=2", 200), ("limit=200&status=success&slug=main&before=9223372036854775807", 200),
    ("", 200),
  ])
  func `a query is read strictly`(query: String, status: Int) async throws {
    try await ApiServer.with { api in
      let response = try await api.ask("GET", "/api/deployments?\(query)")
      #expect(response.status == status)
    }
  }

  @Test(arguments: [
    (#"{"ref":1}"#, 400, "ref"), (#"{"force":"yes"}"#, 400, "force"), (#"{"mode":"full"}"#, 400, "mode"),
    (#"{"timeout":0}"#, 400, "timeout"), (#"{"timeout":1.5}"#, 400, "timeout"), (#"{"ref":"-x"}"#, 400, "rf"),
    (#"{"ref":"a","ref":"b"}"#, 400, "ref"), (#"{"ref":"--upload-pack=x"}"#, 422, "ref"),
    (#"["ref"]"#, 400, "object"),
    (#"{"ref":"a""#, 400, "JSON"), ("7", 400, "object"), (#"{"rev":"a"}"#, 400, "rev"),
    (#"{"ref":""}"#, 400, "ref"),
    (#"{"ref":null,"force":true,"timeout":60.0,"mode":"fast"}"#, 202, "queued"), ("{}", 202, "queued"),
  ])
  func `a body is read strictly, and the answer names what is wrong`(body: String, status: Int, word: String)
    async throws
  {
    try await ApiServer.with { api in
      let body = word == "rf" ? #"{"rf":"-x"}"# : body
      let response = try await api.ask("POST", "/api/projects/main/deploy", body)
      #expect(response.status == status, "\(response.text)")
      #expect(response.text.contains(word), "\(response.text)")
    }
  }

  @Test func `a body of another type, or too large, is refused`() async throws {
    try await ApiServer.with { api in
      for (type, status) in [
        ("text/plain", 415), ("application/x-www-form-urlencoded", 415), ("application/json, text/html", 415),
        ("application/jsonx", 415), ("application/json; charset=utf-8", 202), ("Application/JSON", 202),
      ] {
        let client = try api.client()
        try client.send(
          "POST /api/projects/main/deploy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n"
            + "Content-Type: \(type)\r\nContent-Length: 2\r\n\r\n{}")
        #expect(await client.response()?.status == status, "\(type)")
      }
      let large = #"{"reason":""# + String(repeating: "x", count: 70_000) + #""}"#
      #expect(try await api.ask("POST", "/api/projects/main/lock", large).status == 413)
    }
  }

  @Test func `what an order is answered with decides the status`() async throws {
    let answers: [(OrderAnswer, Int)] = [
      (.duplicate(7), 200), (.ignored("already live"), 200), (.held(8, "locked by x"), 200),
      (.locked("locked by x"), 423),
      (.full(retryAfter: 30), 429), (.unavailable("stopping"), 503),
    ]
    try await ApiServer.with { api in
      for (answer, status) in answers {
        await MainLoopThread.run { api.manager.answer = { _ in answer } }
        let response = try await api.ask("POST", "/api/projects/main/deploy")
        #expect(response.status == status)
        #expect(response.head.contains("Retry-After: 30\r\n") == (status == 429))
      }
    }
  }

  @Test func `at the socket everybody is an admin under the name they give`() async throws {
    try await ApiServer.with(atSocket: true) { api in
      for (header, actor) in [
        ([], "somebody"), (["X-Bascule-Actor: Zoë"], "Zoë"),
        (["X-Bascule-Actor: Zo%C3%AB%20B."], "Zoë B."), (["X-Bascule-Actor: 100%2525"], "100%25"),
        (["X-Bascule-Actor: a+b"], "a+b"),
        (["X-Bascule-Actor: " + String(repeating: "%78", count: 255)], String(repeating: "x", count: 255)),
      ] as [([String], String)] {
        #expect(
          try await api.ask("POST", "/api/projects/theirs/deploy", as: nil, headers: header).status == 202)
        #expect(await api.manager.asked.last == "deploy theirs by \(actor) (command)")
      }
      for bad in [
        "X-Bascule-Actor: %0A", "X-Bascule-Actor: a%00", "X-Bascule-Actor: a%E2%80%AEb",
        "X-Bascule-Actor: %ff", "X-Bascule-Actor: %", "X-Bascule-Actor: a%zz",
        "X-Bascule-Actor: ", "X-Bascule-Actor: a\u{202e}b", "X-Bascule-Actor: a\r\nX-Bascule-Actor: b",
      ] {
        #expect(try await api.ask("GET", "/api/projects", as: nil, headers: [bad]).status == 400)
      }
      let long = "X-Bascule-Actor: " + String(repeating: "x", count: 256)
      #expect(try await api.ask("GET", "/api/projects", as: nil, headers: [long]).status == 400)
      let token = try await api.ask("POST", "/api/tokens", as: nil, #"{"sub":"eve","ttl":60}"#)
      #expect(token.status == 201)
      #expect(token.text == #"{"token":"token of eve"}"#)
      #expect(try await api.ask("GET", "/api/deployments/last", as: nil).status == 404)
      _ = try await api.manager.deployment(of: "main")
      #expect(try await api.ask("GET", "/api/deployments/last", as: nil).status == 200)
    }
  }

  @Test func `a page says where the next one begins`() async throws {
    try await ApiServer.with { api in
      for _ in 0..<5 { _ = try await api.manager.deployment(of: "main") }
      let first = try await api.ask("GET", "/api/deployments?limit=3")
      #expect(first.text.hasSuffix(#""next":3}"#))
      let second = try await api.ask("GET", "/api/deployments?limit=3&before=3")
      #expect(second.text.contains(#""id":2"#))
      #expect(second.text.hasSuffix(#""next":null}"#))
    }
  }
}
