import Glibc
import Linux
import TestSupport
import Testing

@testable import Front

/// Sites that come, change and go while the front runs, on one loop and on several.
@Suite struct SitesTests {
  @Test(arguments: [1, 3])
  func `a site is there from when it is added to when it is removed`(loops: Int) async throws {
    try await withSites(loops: loops) { it in
      let app = try await TestApp("shop")
      let client = try it.client()
      #expect(try await client.get("shop.example").text == "main")
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      #expect(try await client.get("shop.example").status == 503)
      await site.serve(app.target)
      #expect(try await client.get("shop.example").text == "shop")
      #expect(try await client.get("other.example").text == "main")
      await it.front.route(["other.example"], to: site)
      #expect(try await client.get("shop.example").text == "main")
      #expect(try await client.get("other.example").text == "shop")
      await it.front.remove(site)
      #expect(try await client.get("other.example").text == "main")
      // All this on one connection; and on every loop.
      for _ in 0..<8 { #expect(try await it.client().get("other.example").text == "main") }
      await app.stop()
    }
  }

  @Test func `sites may be added before the front starts`() async throws {
    MainLoopThread.start()
    let app = try await TestApp("shop")
    let front = try await Front(FrontConfiguration())
    let port = try await front.listen(.loopback(0))
    let site = await front.addSite()
    await front.route(["shop.example"], to: site)
    let own = try await front.listen(.loopback(0), for: site)
    let passing = await front.addSite()
    let closed = try await front.listen(.loopback(0), for: passing)
    await front.remove(passing)
    try await front.start()
    await site.serve(app.target)
    #expect(try await LoopbackClient(port: port).get("shop.example").text == "shop")
    #expect(try await LoopbackClient(port: port).get("other.example").status == 503)
    #expect(try await LoopbackClient(port: own).get("other.example").text == "shop")
    #expect(throws: (any Error).self) { try LoopbackClient(port: closed) }
    await front.stop(within: .zero)
    await app.stop()
  }

  @Test(arguments: [1, 3])
  func `a removed site lets its idle connections go and tells who waits`(loops: Int) async throws {
    try await withSites(loops: loops) { it in
      let app = try await TestApp("shop")
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      let port = try await it.front.listen(.loopback(0), for: site)
      await site.serve(app.target)
      let (own, shared) = try (LoopbackClient(port: port), it.client())
      #expect(try await own.get("whatever").text == "shop")
      #expect(try await shared.get("shop.example").text == "shop")
      await site.hold()
      let (waiting, ownWaiting) = try (it.client(), LoopbackClient(port: port))
      try waiting.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
      try ownWaiting.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
      #expect(try await eventually { await site.metrics().waiting == 2 })
      await it.front.remove(site)
      #expect(try await waiting.answer().status == 503)
      let last = try await ownWaiting.answer()
      #expect(last.status == 503)
      #expect(last.closes)
      #expect(await ownWaiting.isClosedByPeer())
      #expect(await own.isClosedByPeer())
      #expect(throws: (any Error).self) { try LoopbackClient(port: port) }
      // The port of all sites goes on, on the same connections.
      #expect(try await waiting.get("shop.example").text == "main")
      #expect(try await shared.get("shop.example").text == "main")
      await app.stop()
    }
  }

  @Test func `a removed site is spoken to in vain`() async throws {
    try await withSites { it in
      let app = try await TestApp("shop")
      let site = await it.front.addSite()
      await it.front.remove(site)
      await it.front.remove(site)
      await it.front.route(["shop.example"], to: site)
      await site.serve(app.target)
      await site.hold()
      await site.setMaintenance("no")
      await site.setAssetFallback(app.target)
      #expect(await site.metrics() == SiteMetrics())
      #expect(await site.drain(app.target, within: .seconds(5), streams: .zero) == DrainReport())
      #expect(try await it.client().get("shop.example").text == "main")
      await #expect(throws: SystemError.self) { try await it.front.listen(.loopback(0), for: site) }
      await it.front.remove(it.front.site)
      #expect(try await it.client().get("shop.example").text == "main")
      await app.stop()
    }
  }

  /// What comes meanwhile is seen in one turn of the loop.
  private func pauseLoop(of front: Front) async throws {
    await front.loops.post { _, _ in usleep(200_000) }
    try await Task.sleep(for: .milliseconds(50))
  }

  @Test func `a request that came just before its site was removed is answered there`() async throws {
    try await withSites { it in
      let app = try await TestApp("shop")
      let site = await it.front.addSite()
      let port = try await it.front.listen(.loopback(0), for: site)
      await site.serve(app.target)
      let client = try LoopbackClient(port: port)
      #expect(try await client.get("shop.example").text == "shop")
      try await pauseLoop(of: it.front)
      try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
      await it.front.remove(site)
      #expect(try await client.answer().text == "shop")
      await app.stop()
    }
  }

  @Test func `a request that came just before the stop is answered, if only with a 502`() async throws {
    try await withSites { it in
      let app = try await TestApp("shop")
      await it.front.site.serve(app.target)
      let client = try it.client()
      #expect(try await client.get("main.example").text == "shop")
      try await pauseLoop(of: it.front)
      try client.send("GET /slow HTTP/1.1\r\nHost: main.example\r\n\r\n")
      await it.front.stop(within: .milliseconds(300))
      #expect(try await client.answer().status == 502)
      await app.goOn()
      await app.stop()
    }
  }

  @Test(arguments: [1, 3])
  func `what is in flight when its site is removed is answered`(loops: Int) async throws {
    try await withSites(loops: loops) { it in
      let app = try await TestApp("shop")
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      let port = try await it.front.listen(.loopback(0), for: site)
      await site.serve(app.target)
      let (own, shared) = try (LoopbackClient(port: port), it.client())
      for client in [own, shared] { try client.send("GET /slow HTTP/1.1\r\nHost: shop.example\r\n\r\n") }
      #expect(try await eventually { await app.slowRequests == 2 })
      // The next one waits behind it, and is for a site that is gone by then.
      for client in [own, shared] { try client.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n") }
      await it.front.remove(site)
      await app.goOn()
      #expect(try await shared.answer().text == "at last")
      #expect(try await shared.answer().text == "main")
      let last = try await own.answer()
      #expect(last.text == "at last")
      #expect(last.closes)
      #expect(await own.isClosedByPeer())
      await app.stop()
    }
  }

  @Test(arguments: [1, 3])
  func `a port of its own is one site's, and may become another's`(loops: Int) async throws {
    try await withSites(loops: loops) { it in
      let (shop, blog) = try await (TestApp("shop"), TestApp("blog"))
      let (first, second) = await (it.front.addSite(), it.front.addSite())
      await first.serve(shop.target)
      await second.serve(blog.target)
      await it.front.route(["blog.example"], to: second)
      let port = try await it.front.listen(.loopback(0), for: first)
      let (idle, busy) = try (LoopbackClient(port: port), LoopbackClient(port: port))
      #expect(try await idle.get("blog.example").text == "shop")
      #expect(try await it.client().get("blog.example").text == "blog")
      await #expect(throws: SystemError.self) { try await it.front.listen(.loopback(port), for: second) }
      try busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try await eventually { await shop.slowRequests == 1 })
      // Of another site it is no port.
      await it.front.close(port, of: second)
      #expect(try await idle.get("h").text == "shop")
      await it.front.close(port, of: first)
      #expect(await idle.isClosedByPeer())
      #expect(throws: (any Error).self) { try LoopbackClient(port: port) }
      #expect(try await it.front.listen(.loopback(port), for: second) == port)
      #expect(try await LoopbackClient(port: port).get("h").text == "blog")
      await shop.goOn()
      let last = try await busy.answer()
      #expect(last.text == "at last")
      #expect(last.closes)
      #expect(await busy.isClosedByPeer())
      #expect(try await it.client().get("h").text == "main")
      await shop.stop()
      await blog.stop()
    }
  }

  @Test func `one site that holds, rests or has nothing does not touch another`() async throws {
    try await withSites(loops: 1, { $0.limits.held = 1 }) { it in
      let app = try await TestApp("shop")
      let (site, other) = await (it.front.addSite(), it.front.addSite())
      await it.front.route(["shop.example"], to: site)
      await it.front.route(["other.example"], to: other)
      await site.serve(app.target)
      #expect(try await it.client().get("other.example").status == 503)
      await site.hold()
      let waiting = try it.client()
      try waiting.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")
      #expect(try await eventually { await site.metrics().waiting == 1 })
      #expect(try await it.client().get("shop.example").status == 503, "its queue is full")
      #expect(try await it.client().get("h").text == "main")
      // As much room to wait as if nobody waited elsewhere.
      await it.front.site.hold()
      let main = try it.client()
      try main.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(try await eventually { await it.front.site.metrics().waiting == 1 })
      await site.serve(app.target)
      #expect(try await waiting.answer().text == "shop")
      await it.front.site.setMaintenance("back soon")
      #expect(try await main.answer().text.contains("back soon"))
      #expect(try await it.client().get("shop.example").text == "shop")
      #expect(try await it.client().get("h").status == 503)
      #expect(await site.metrics().responses == [0, 0, 1 + 1, 0, 0, 1])
      await app.stop()
    }
  }

  @Test func `one site's drain does not end another's requests`() async throws {
    try await withSites(loops: 3) { it in
      let (shop, blog) = try await (TestApp("shop"), TestApp("blog"))
      let (first, second) = await (it.front.addSite(), it.front.addSite())
      await first.serve(shop.target)
      await second.serve(blog.target)
      await it.front.route(["shop.*"], to: first)
      await it.front.route(["blog.*"], to: second)
      let (one, other) = try (it.client(), it.client())
      try one.send("GET /slow HTTP/1.1\r\nHost: shop.x\r\n\r\n")
      try other.send("GET /slow HTTP/1.1\r\nHost: blog.x\r\n\r\n")
      #expect(try await eventually { await (shop.slowRequests, blog.slowRequests) == (1, 1) })
      await first.refuse()
      let report = await first.drain(shop.target, within: .milliseconds(50), streams: .zero)
      #expect(report.cutRequests == 1)
      #expect(try await one.answer().status == 502)
      await blog.goOn()
      #expect(try await other.answer().text == "at last")
      await shop.stop()
      await blog.stop()
    }
  }

  @Test func `a webhook is heard on every site and port, whatever the site does`() async throws {
    let hook = try await TestApp("hook")
    try await withSites(loops: 1, { $0.webhook = ("/deploy", hook.target.address) }) { it in
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      let port = try await it.front.listen(.loopback(0), for: site)
      await it.front.site.setMaintenance("back soon")
      let clients = try [it.client(), LoopbackClient(port: port)]
      for client in clients {
        for host in ["shop.example", "h"] {
          try client.send("POST /deploy HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 0\r\n\r\n")
          #expect(try await client.answer().text == "hook")
          #expect(try await client.get(host, "/deploy").status == 503)
        }
      }
      #expect(await site.metrics().responses[5] == 3, "a webhook is no request of the site's")
    }
    await hook.stop()
  }

  @Test func `a webhook that waits for its listener outlives the site it named`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("hook")
    let patiently = { (configuration: inout FrontConfiguration) in
      configuration.webhook = ("/deploy", .unix(path))
      configuration.limits.refusalTime = .seconds(60)
    }
    try await withSites(loops: 1, patiently) { it in
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      let port = try await it.front.listen(.loopback(0), for: site)
      let clients = try [it.client(), LoopbackClient(port: port)]
      for client in clients {
        try client.send("POST /deploy HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n")
      }
      #expect(try await eventually { await site.metrics().waiting == 2 })
      await it.front.remove(site)
      #expect(await it.front.metrics().waiting == 2)
      let hook = try await TestApp("hook", at: path)
      for client in clients { #expect(try await client.answer().text == "hook") }
      #expect(try await clients[0].get("shop.example").text == "main")
      #expect(await clients[1].isClosedByPeer())
      await hook.stop()
    }
  }

  @Test func `a webhook without a listener is given up in time, also when its site is gone`() async throws {
    let folder = try TemporaryFolder()
    let nobody = SocketAddress.unix(folder.path("hook"))
    try await withSites(loops: 1, { $0.webhook = ("/deploy", nobody) }) { it in
      let site = await it.front.addSite()
      await it.front.route(["shop.example"], to: site)
      let client = try it.client()
      try client.send("POST /deploy HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 0\r\n\r\n")
      await it.front.remove(site)
      #expect(try await client.answer().status == 502)
    }
  }

  /// Each answer is one site's or the other's, whatever happens meanwhile.
  @Test(arguments: [1, 3])
  func `sites come and go under load and no answer is missing`(loops: Int) async throws {
    try await withSites(loops: loops) { it in
      let app = try await TestApp("shop")
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            let client = try it.client()
            for number in 0..<250 {
              let host = number % 3 == 0 ? "h" : "shop.example"
              let answer = try await client.get(host)
              let isRight = ["main"] + (host == "h" ? [] : ["shop"])
              guard
                answer.status == 200 && isRight.contains(answer.text) || host != "h" && answer.status == 503
              else { throw NoAnswer() }
            }
          }
        }
        for _ in 0..<150 {
          let site = await it.front.addSite()
          await site.serve(app.target)
          await it.front.route(["shop.example", "x.*"], to: site)
          let port = try await it.front.listen(.loopback(0), for: site)
          let client = try LoopbackClient(port: port)
          #expect(try await client.get("h").text == "shop")
          await it.front.remove(site)
        }
        try await group.waitForAll()
      }
      let metrics = await it.front.metrics()
      #expect(metrics.waiting == 0)
      #expect(metrics.inFlight == 0)
      await app.stop()
    }
  }
}
