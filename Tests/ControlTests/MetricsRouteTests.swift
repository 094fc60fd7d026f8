import HTTP
import Linux
import Server
import TestSupport
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(5))) struct MetricsRouteTests {
  private let desk: Desk

  init() async {
    MainLoopThread.start()
    desk = await Desk()
  }

  @MainLoop private func status(_ token: String?, from peer: Peer = Desk.stranger) throws -> Int {
    let manager = try FakeManager()
    let route = MetricsRoute(manager: manager, token: "figures", authenticator: desk.authenticator)
    let head = Desk.request("GET", "/metrics", token.map { [Desk.bearer($0)] } ?? []).head
    return switch route.admit(head, peer) {
    case .body: 200
    case .answer(let response): response.status
    }
  }

  @MainLoop @Test func `METRICS_TOKEN passes from an address that must wait, and what is not waits`() throws {
    for _ in 0..<10 { #expect(try status("wrong") == 401) }
    #expect(try status("wrong") == 429)
    #expect(try status(nil) == 429)
    #expect(try status("figures") == 200)
    #expect(try status("wrong", from: Peer(address: "192.0.2.2", isLoopback: false)) == 401)
  }
}
