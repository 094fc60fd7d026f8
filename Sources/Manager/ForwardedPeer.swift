import HTTP
import Server

/// Who has sent a trigger, as far as can be told from what came with it.
enum ForwardedPeer {
  private static let marks = ["Forwarded", "X-Real-IP", "Via"]

  /// Behind the front, which has added the address it saw to X-Forwarded-For. The client is the last that is no
  /// trusted proxy: what stands before it is anybody's claim. It is on this machine only if everything that is known
  /// of the way is: a proxy beside the container speaks for somebody else.
  static func behindFront(_ headers: Headers, isTrusted: (String) -> Bool) -> Peer {
    let way = addresses(headers)
    guard let client = (way.last { !isTrusted($0) } ?? way.first).flatMap(Peer.init(parsing:)) else {
      return Peer(address: "", isLoopback: false)
    }
    // A trusted proxy that tells of nobody does not speak for itself.
    let isSilent = way.count == 1 && way.allSatisfy(isTrusted)
    let isLocal = way.allSatisfy { Peer(parsing: $0)?.isLoopback == true }
    return Peer(address: client.address, isLoopback: isLocal && !isSilent && !hasMarks(headers))
  }

  /// On the control port: a proxy on this machine is not the client either. One that is trusted is asked who is.
  static func direct(_ peer: Peer, _ headers: Headers, isTrusted: (String) -> Bool = { _ in false }) -> Peer {
    let way = addresses(headers)
    let isLocal = peer.isLoopback && !hasMarks(headers) && way.isEmpty
    guard isTrusted(peer.address), let client = way.last(where: { !isTrusted($0) }) ?? way.first,
      let address = Peer(parsing: client)?.address
    else { return Peer(address: peer.address, isLoopback: isLocal) }
    return Peer(address: address, isLoopback: isLocal)
  }

  private static func hasMarks(_ headers: Headers) -> Bool { marks.contains { !headers.values($0).isEmpty } }

  private static func addresses(_ headers: Headers) -> [String] {
    headers.values("X-Forwarded-For").flatMap { $0.split(separator: ",") }
      .map { String($0.filter { $0 != " " && $0 != "\t" }) }
  }
}
