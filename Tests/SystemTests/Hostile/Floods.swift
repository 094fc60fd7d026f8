import Foundation
import Testing

/// Whoever is slow, silent, wrong or many, at both ports of a manager with a live app.
@Suite(.fewAtATime, .onItsOwnThread)
struct Floods {
  private static let crowd = Toolbox.limit("BASCULE_CROWD", otherwise: 1000)

  @Test func `thousands who say nothing, or a byte now and then, keep nobody out`() async throws {
    try await withLiveApp { manager, _ in
      let pid = try await manager.pid()
      let before = try Size(of: pid)
      // As slow as a head may be, and slower.
      let starts = [
        "", "G", "GET / HTTP/1.1\r\nHost: h\r\nX: ",
        "POST /deploy HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{",
      ]
      var clients: [ByteStream] = []
      for port in [manager.port, manager.controlPort] {
        for number in 0..<Self.crowd {
          guard let client = try? rawClient(port: port) else { continue }
          try? client.send(starts[number % starts.count])
          clients.append(client)
        }
      }
      #expect(clients.count > Self.crowd * 19 / 10)
      try await manager.whileRunning("they are all connected") {
        Procfs.openDescriptors(pid) > before.descriptors + Self.crowd * 3 / 2
      }
      let ends = ContinuousClock.now + .seconds(Toolbox.limit("BASCULE_SLOW_SECONDS", otherwise: 6))
      var rounds = 0
      while ContinuousClock.now < ends {
        for (number, client) in clients.enumerated() where number % 4 != 0 && number % 3 == rounds % 3 {
          try? client.send("y")
        }
        try await expectService(manager)
        rounds += 1
      }
      let during = try Size(of: pid)
      let each = Double(during.kilobytes - before.kilobytes) / Double(clients.count)
      #expect(each < 20, "\(each) KiB for each of \(clients.count)")
      for client in clients { client.close() }
      try await expectReturn(to: before, of: pid, manager)
    }
  }

  enum Flood: String, CaseIterable {
    case nonsense, badSignatures, noToken, badTokens, hugeHeads, hugeBodies, endlessChunks, churn, halfOpen,
      manyFields

    func message(_ number: Int) -> String {
      switch self {
      case .nonsense: "\u{16}\u{3}\u{1}\r\n\r\n"
      case .badSignatures:
        "POST /deploy HTTP/1.1\r\nHost: h\r\nX-GitHub-Event: push\u{1b}[31m\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 2\r\n\r\n{}"
      case .noToken: "GET /api/projects HTTP/1.1\r\nHost: h\r\n\r\n"
      case .badTokens: "GET /api/projects HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a.b.\(number)\r\n\r\n"
      case .hugeHeads:
        "GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 200_000) + "\r\n\r\n"
      case .hugeBodies:
        "POST /deploy HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"
          + String(repeating: "x", count: 100_000)
      case .endlessChunks:
        "POST /deploy HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
          + String(repeating: "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n", count: 40)
      case .churn, .halfOpen: ""
      case .manyFields: "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "A: b\r\n", count: 5000) + "\r\n"
      }
    }
  }

  @Test(arguments: Flood.allCases)
  func `a flood is answered or cut off, and leaves nothing behind`(flood: Flood) async throws {
    try await withLiveApp { manager, _ in
      let pid = try await manager.pid()
      try await expectService(manager)
      let before = try Size(of: pid)
      let lines = manager.log.split(separator: "\n").count
      let (sent, ends) = (
        Counter(), ContinuousClock.now + .seconds(Toolbox.limit("BASCULE_FLOOD_SECONDS", otherwise: 2))
      )
      let ports = [manager.port, manager.controlPort]
      async let flooding: [Void] = onThreads(6) { thread in
        var number = thread
        while ContinuousClock.now < ends {
          number += 6
          guard let client = try? rawClient(port: ports[number / 6 % 2]) else { continue }
          client.wait(atMost: .milliseconds(500))
          try? client.send(flood.message(number))
          switch flood {
          case .churn: if number.isMultiple(of: 5) { client.reset() }
          case .halfOpen: client.finish()
          case .endlessChunks, .hugeBodies: pause(milliseconds: 20)
          default: _ = try? client.readResponse()
          }
          sent.add()
          client.close()
        }
      }
      while ContinuousClock.now < ends { try await expectService(manager) }
      _ = try await flooding
      #expect(sent.value > 50, "\(sent.value)")
      try await expectReturn(to: before, of: pid, manager)
      let said = manager.log.split(separator: "\n").count - lines
      #expect(said < 100, "\(said) lines for \(sent.value)")
      #expect(!manager.log.contains("\u{1b}"))
    }
  }

  @Test func `streams that are opened and never read cost what they are allowed to`() async throws {
    try await withLiveApp { manager, repository in
      let pid = try await manager.pid()
      let token = try await manager.token("me", admin: true)
      try await expectService(manager)
      let before = try Size(of: pid)
      try await repository.commit("2", build: "seq -f 'a line of the build that nobody reads: %.0f' 300000")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      let readers = try (0..<200).map { _ in
        let reader = try rawClient(port: manager.controlPort, receiveBuffer: 4096)
        try reader.send(
          "GET /api/deployments/\(id)/stream HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(token)\r\n\r\n")
        return reader
      }
      try await manager.untilServes("2")
      try await manager.untilIdle()
      let grown = try Size(of: pid).kilobytes - before.kilobytes
      #expect(grown < mostMemory(200 * 200 + 30_000), "\(grown) KiB for 200 readers")
      #expect(Procfs.openDescriptors(pid) > before.descriptors + 150, "they are still there")
      try await expectService(manager)
      for reader in readers { reader.close() }
      try await expectReturn(to: before, of: pid, manager)
    }
  }

  // MARK: What must hold

  private struct Size {
    let kilobytes: Int
    let descriptors: Int

    init(of pid: pid_t) throws {
      kilobytes = try #require(Procfs.status(pid, "VmRSS"))
      descriptors = Procfs.openDescriptors(pid)
    }
  }

  /// The app answers, a signed trigger is judged, and a person gets an answer.
  private func expectService(_ manager: Manager) async throws {
    let start = ContinuousClock.now
    #expect(try await manager.app()["version"].isNull == false)
    let body = Data(#"{"zen": "x"}"#.utf8)
    #expect(try await manager.webhook.post(body, event: "ping", delivery: UUID().uuidString).status == 200)
    #expect(try await request("GET", "/up", port: manager.controlPort).status == 200)
    // With openssl signing and all, on a machine that is flooded.
    #expect(ContinuousClock.now - start < .seconds(10))
  }

  private func expectReturn(to before: Size, of pid: pid_t, _ manager: Manager) async throws {
    try await manager.whileRunning("descriptors are as few as before") {
      Procfs.openDescriptors(pid) <= before.descriptors + 8
    }
    let after = try Size(of: pid)
    #expect(
      after.kilobytes < mostMemory(before.kilobytes + 40_000),
      "\(after.kilobytes) KiB after \(before.kilobytes)")
    try await expectService(manager)
  }
}
