import HTTP
import Server
import Testing

@testable import Manager

@Suite struct ForwardedPeerTests {
  private func peer(_ values: String..., trusted: Set<String> = []) -> Peer {
    ForwardedPeer.behindFront(
      Headers(values.map { ("X-Forwarded-For", $0) }), isTrusted: { trusted.contains($0) })
  }

  @Test func `without trusted proxies it is who came to the front`() {
    #expect(peer("203.0.113.7") == Peer(address: "203.0.113.7", isLoopback: false))
    #expect(peer("127.0.0.1").isLoopback)
    #expect(peer("::1").isLoopback)
    #expect(peer("::ffff:127.0.0.1").isLoopback)
  }

  @Test func `what a client claims before the last is not believed`() {
    #expect(peer("127.0.0.1, 203.0.113.7") == Peer(address: "203.0.113.7", isLoopback: false))
    #expect(peer("127.0.0.1", "203.0.113.7") == Peer(address: "203.0.113.7", isLoopback: false))
  }

  @Test func `trusted proxies are passed over, from the right`() {
    let trusted: Set = ["10.0.0.1", "10.0.0.2"]
    #expect(peer("127.0.0.1, 203.0.113.7, 10.0.0.2, 10.0.0.1", trusted: trusted).address == "203.0.113.7")
    #expect(peer("127.0.0.1,10.0.0.1", trusted: trusted).address == "127.0.0.1")
  }

  @Test func `trusted proxies may speak for a trusted machine, but a silent one not for itself`() {
    #expect(peer("127.0.0.1, 127.0.0.1", trusted: ["127.0.0.1"]).isLoopback)
    #expect(peer("10.0.0.1, 127.0.0.1", trusted: ["127.0.0.1", "10.0.0.1"]).address == "10.0.0.1")
    #expect(!peer("127.0.0.1", trusted: ["127.0.0.1"]).isLoopback)
  }

  @Test func `only what is of this machine all the way is of this machine`() {
    #expect(!peer("127.0.0.1,10.0.0.1", trusted: ["10.0.0.1"]).isLoopback, "a claim of another machine")
    #expect(!peer("127.0.0.1, 203.0.113.7", trusted: ["127.0.0.1", "203.0.113.7"]).isLoopback)
    #expect(!peer("203.0.113.7, 127.0.0.1").isLoopback, "a proxy beside the container")
  }

  @Test(arguments: ["Forwarded", "X-Real-IP", "Via"])
  func `whoever says that it speaks for somebody else is not this machine`(name: String) {
    let headers = Headers([("X-Forwarded-For", "127.0.0.1"), (name, "x")])
    #expect(!ForwardedPeer.behindFront(headers, isTrusted: { _ in false }).isLoopback)
  }

  @Test func `on the control port a proxy on this machine is not the client`() {
    let local = Peer(address: "127.0.0.1", isLoopback: true)
    #expect(ForwardedPeer.direct(local, Headers([("Host", "h")])).isLoopback)
    #expect(!ForwardedPeer.direct(local, Headers([("X-Forwarded-For", "127.0.0.1")])).isLoopback)
    #expect(!ForwardedPeer.direct(local, Headers([("Via", "1.1 p")])).isLoopback)
  }

  @Test func `on the control port a trusted proxy is asked who the client is, and nobody else`() {
    let proxy = Peer(address: "10.0.0.1", isLoopback: false)
    func client(_ way: String, _ trusted: String) -> String {
      ForwardedPeer.direct(proxy, Headers([("X-Forwarded-For", way)]), isTrusted: { $0 == trusted }).address
    }
    #expect(client("198.51.100.1, 203.0.113.7", "10.0.0.1") == "203.0.113.7")
    #expect(client("203.0.113.7", "10.0.0.2") == "10.0.0.1")
    #expect(client("nonsense", "10.0.0.1") == "10.0.0.1")
    let local = Peer(address: "127.0.0.1", isLoopback: true)
    let forwarded = Headers([("X-Forwarded-For", "127.0.0.1")])
    #expect(!ForwardedPeer.direct(local, forwarded, isTrusted: { _ in true }).isLoopback)
  }

  @Test func `who cannot be known is not this machine`() {
    #expect(!peer().isLoopback)
    #expect(!peer("").isLoopback)
    #expect(!peer("unknown").isLoopback)
    #expect(!peer("127.0.0.1:4711").isLoopback)
  }
}
