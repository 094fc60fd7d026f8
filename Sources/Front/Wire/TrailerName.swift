/// The name of a trailer field as it comes byte by byte: no more of it is kept than its hash, and a name that
/// shares the hash of a forbidden one by chance is refused with it.
struct TrailerName {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  private var count: UInt8 = 0
  private var isForwarding = false

  mutating func append(_ byte: UInt8) {
    hash = Self.step(hash, lower(byte))
    if count < .max { count += 1 }
    if count == 12, hash == Self.forwarding { isForwarding = true }
  }

  /// RFC 9110 6.5.1: what frames, routes, types or authenticates a message, or says who sent it, comes before its
  /// content or not at all; a recipient that merges trailers into the header must not be fooled.
  var isForbidden: Bool { isForwarding || Self.forbidden.contains(hash) }

  private static let forwarding = hash(of: "x-forwarded-")

  private static let forbidden: [UInt64] = {
    let names: [StaticString] = [
      "content-length", "transfer-encoding", "host", "connection", "keep-alive", "proxy-connection", "te",
      "trailer", "upgrade", "expect", "content-encoding", "content-type", "content-range", "authorization",
      "proxy-authorization", "cookie", "set-cookie", "forwarded", "x-real-ip", "x-request-id",
    ]
    return names.map(hash)
  }()

  private static func hash(of name: StaticString) -> UInt64 {
    var hash = TrailerName().hash
    for at in 0..<name.utf8CodeUnitCount { hash = step(hash, name.utf8Start[at]) }
    return hash
  }

  /// FNV-1a.
  private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }
}
