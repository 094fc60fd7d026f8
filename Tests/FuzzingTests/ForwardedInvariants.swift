import HTTP
import Server

@testable import Front

#if canImport(Manager)
  @testable import Manager
#endif

/// Who is said to have sent a request.
enum ForwardedInvariants {
  static func violation(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let proxies = try? TrustedProxies(parsing: "loopback 10.0.0.0/8") else { return "no proxies" }
    let claims = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      ("X-Forwarded-For", String($0))
    }
    let headers = Headers(claims)
    for peer in [
      ForwardedPeer.behindFront(headers, isTrusted: proxies.contains),
      ForwardedPeer.behindFront(headers, isTrusted: { _ in false }),
      ForwardedPeer.direct(
        Peer(address: "10.1.2.3", isLoopback: false), headers, isTrusted: proxies.contains),
    ] {
      if !peer.address.isEmpty, Peer(parsing: peer.address)?.address != peer.address {
        return "no address: \(peer)"
      }
    }
    // The front adds the address that it saw: what a stranger writes before it makes nobody local or another.
    let added = Headers(claims + [("X-Forwarded-For", "203.0.113.9")])
    let peer = ForwardedPeer.behindFront(added, isTrusted: proxies.contains)
    guard peer.address == "203.0.113.9", !peer.isLoopback else { return "a stranger is \(peer)" }
    let stranger = ForwardedPeer.direct(
      Peer(address: "203.0.113.9", isLoopback: false), headers, isTrusted: proxies.contains)
    guard stranger.address == "203.0.113.9", !stranger.isLoopback else { return "a stranger is \(stranger)" }
    let proxied = ForwardedPeer.direct(Peer(address: "127.0.0.1", isLoopback: true), headers)
    return proxied.isLoopback && !claims.allSatisfy({ $0.1.isEmpty })
      && !headers.values("X-Forwarded-For").allSatisfy({ $0.allSatisfy { ", \t".contains($0) } })
      ? "who came by a proxy is local" : nil
  }
}
