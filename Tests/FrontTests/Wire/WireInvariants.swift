import Glibc

// The fuzzer compiles this file beside the parsers themselves.
#if canImport(Front)
  @testable import Front
#endif

/// What must hold for any bytes at all. Each function returns what does not.
struct WireInvariants {
  static let room = 256 << 10

  var requests: RequestParser
  var again: RequestParser
  var responses: ResponseParser
  var responsesAgain: ResponseParser
  let out = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
  let second = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
  /// An address and a request id: any text of their lengths.
  private let names = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)

  init(_ limits: FrontLimits = FrontLimits()) {
    var wider = limits
    wider.head *= 2
    wider.requestLine += 16
    wider.headers += 8
    requests = RequestParser(limits: limits)
    again = RequestParser(limits: wider)
    responses = ResponseParser(limits: limits)
    responsesAgain = ResponseParser(limits: wider)
    names.initialize(repeating: UInt8(ascii: "7"), count: 64)
  }

  /// With limits so low that small inputs reach them.
  static func tight() -> WireInvariants {
    var limits = FrontLimits()
    limits.requestLine = 60
    limits.head = 300
    limits.headers = 6
    return WireInvariants(limits)
  }

  func deallocate() {
    requests.deallocate()
    again.deallocate()
    responses.deallocate()
    responsesAgain.deallocate()
    out.deallocate()
    second.deallocate()
    names.deallocate()
  }

  /// Takes the bytes for everything that they could be.
  mutating func violation(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String? {
    var random = Splits(bytes, count)
    return request(bytes, count, &random) ?? response(bytes, count, &random)
      ?? Self.chunks(bytes, count, &random) ?? Self.frames(bytes, count, &random)
      ?? Self.events(bytes, count, &random)
  }

  // MARK: Requests

  private mutating func request(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ random: inout Splits
  ) -> String? {
    var scanned = 0
    var result = HeadResult.incomplete(scanned: 0)
    for end in random.ends(count) {
      result = requests.parse(bytes, end, scanned: scanned)
      guard case .incomplete(let next) = result else { break }
      if next > end { return "a request scanned beyond its end" }
      scanned = next
    }
    let portioned = requests.head
    let whole = requests.parse(bytes, count, scanned: 0)
    switch (result, whole) {
    case (.incomplete, .incomplete): return nil
    case (.refused(let one), .refused(let other)):
      return one == other ? nil : "a request refused with \(one.status) in portions, \(other.status) whole"
    case (.incomplete, .refused(let refusal)):
      // Too many fields are seen at the end of the head, or when it has doubled.
      return refusal.status == 431 || isUnfinished(bytes, count)
        ? nil : "a request refused, but not in portions"
    case (.complete, .complete):
      guard portioned.length == requests.head.length, portioned.length <= count,
        portioned.framing == requests.head.framing
      else { return "a request that is another in portions" }
      return Self.unclean(bytes, portioned.length) ?? rewritten(bytes, trusted: random.next() & 1 == 0)
        ?? (requests.head.framing == .chunked
          ? Self.chunks(bytes + requests.head.length, count - requests.head.length, &random) : nil)
    default: return "a request that is \(result) in portions and \(whole) whole"
    }
  }

  /// In portions nothing is said of a line before it has ended.
  private mutating func isUnfinished(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    var end = count
    while end > 0, bytes[end - 1] != UInt8(ascii: "\n") { end -= 1 }
    guard case .incomplete = requests.parse(bytes, end, scanned: 0) else { return false }
    return end < count
  }

  /// What goes on to the app is the same request to whoever reads it, and cannot be made any plainer.
  private mutating func rewritten(_ bytes: UnsafePointer<UInt8>, trusted: Bool) -> String? {
    let head = requests.head
    let client = ForwardedClient(address: names, addressLength: 9, isTrusted: trusted, requestID: names)
    let length = requests.write(bytes, to: out, capacity: Self.room, client: client)
    guard length > 0 else { return "a request that cannot be written" }
    guard length <= head.length + head.host.count + 512 else { return "a request that grew by too much" }
    guard requests.write(bytes, to: second, capacity: length - 1, client: client) == -1 else {
      return "a request written into too little memory"
    }
    guard case .complete = again.parse(out, length, scanned: 0) else {
      return "a request that nobody takes any more"
    }
    let copy = again.head
    guard copy.length == length, copy.method == head.method, copy.minorVersion == 1, copy.keepsAlive,
      copy.framing == head.framing, copy.contentLength == head.contentLength, copy.upgrade == head.upgrade,
      copy.expectsContinue == head.expectsContinue, !copy.isAbsolute,
      Self.same(bytes, head.methodName, out, copy.methodName),
      Self.same(bytes, head.path, out, copy.path)
        || head.targetPrefix == UInt8(ascii: "*")
    else { return "a request that became another" }
    guard head.host.count == 0 || Self.same(bytes, head.host, out, copy.host) else {
      return "a request for another host"
    }
    var target = copy.target
    if head.targetPrefix != 0 {
      guard out[target.start] == head.targetPrefix else { return "a request without its prefix" }
      target = ByteRange(start: target.start + 1, count: target.count - 1)
    }
    guard Self.same(bytes, head.target, out, target) else { return "a request for another target" }
    guard again.fields.has(.connection) == (head.upgrade != .none), !again.fields.has(.hop) else {
      return "a request with fields of its connection"
    }
    guard Self.sessions(out, length) == 0 else { return "a request with the session of the control port" }
    if trusted { return nil }
    let other = again.write(out, to: second, capacity: Self.room, client: client)
    // Host is added at the top, and what HTTP/1.0 has no host for is said the second time.
    if head.host.count == 0 { return nil }
    return other == length && memcmp(out, second, length) == 0 ? nil : "a request that changes each time"
  }

  // MARK: Responses

  private mutating func response(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, _ random: inout Splits
  ) -> String? {
    let method: Method = random.next() & 3 == 0 ? .head : .get
    var scanned = 0
    var result = HeadResult.incomplete(scanned: 0)
    for end in random.ends(count) {
      result = responses.parse(bytes, end, scanned: scanned, to: method)
      guard case .incomplete(let next) = result else { break }
      scanned = next
    }
    let portioned = responses.head
    let whole = responses.parse(bytes, count, scanned: 0, to: method)
    switch (result, whole) {
    case (.incomplete, .incomplete), (.refused, .refused), (.incomplete, .refused): return nil
    case (.complete, .complete):
      guard portioned.length == responses.head.length, portioned.framing == responses.head.framing else {
        return "a response that is another in portions"
      }
      return Self.unclean(bytes, portioned.length) ?? rewritten(bytes, to: method, &random)
    default: return "a response that is \(result) in portions and \(whole) whole"
    }
  }

  private mutating func rewritten(
    _ bytes: UnsafePointer<UInt8>, to method: Method, _ random: inout Splits
  ) -> String? {
    let head = responses.head
    let connections: [ConnectionHeader] = [.none, .close, .keepAlive, .upgrade]
    let connection = connections[Int(random.next() & 3)]
    let length = responses.write(
      bytes, to: out, capacity: Self.room, clientMinor: 1, connection: connection, dropsChunked: false)
    guard length > 0, length <= head.length + 64 else { return "a response that cannot be written" }
    guard
      responses.write(
        bytes, to: second, capacity: length - 1, clientMinor: 1, connection: connection, dropsChunked: false)
        == -1
    else { return "a response written into too little memory" }
    guard case .complete = responsesAgain.parse(out, length, scanned: 0, to: method) else {
      return "a response that nobody takes any more"
    }
    let copy = responsesAgain.head
    guard copy.length == length, copy.status == head.status, copy.framing == head.framing,
      copy.minorVersion == 1, copy.framing == .none || copy.contentLength == head.contentLength,
      copy.isEventStream == head.isEventStream
    else { return "a response that became another" }
    let other = responsesAgain.write(
      out, to: second, capacity: Self.room, clientMinor: 1, connection: connection, dropsChunked: false)
    return other == length && memcmp(out, second, length) == 0 ? nil : "a response that changes each time"
  }

  /// In Cookie, as a browser writes it.
  private static func sessions(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    var hasUnderscore = false
    for at in 0..<count where bytes[at] == UInt8(ascii: "_") { hasUnderscore = true }
    guard hasUnderscore else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self).utf8
    return text.split(separator: 0x0a).count { line in
      guard String(Substring(line.prefix(7))).lowercased() == "cookie:" else { return false }
      return line.dropFirst(7).split(separator: 0x3b).contains { pair in
        String(Substring(pair.drop { $0 == 0x20 || $0 == 0x09 })).hasPrefix("bascule_session=")
      }
    }
  }

  /// A head that is taken has whole line ends, and no other control characters than tabs.
  private static func unclean(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String? {
    for at in 0..<count {
      let byte = bytes[at]
      let isFine =
        switch byte {
        case 0x0d: at + 1 < count && bytes[at + 1] == 0x0a
        case 0x0a: at > 0 && bytes[at - 1] == 0x0d
        case 0x09: true
        default: byte >= 0x20 && byte != 0x7f
        }
      if !isFine { return "a head with byte \(byte) at \(at)" }
    }
    return nil
  }

  private static func same(
    _ one: UnsafePointer<UInt8>, _ range: ByteRange, _ other: UnsafePointer<UInt8>, _ otherRange: ByteRange
  ) -> Bool {
    range.count == otherRange.count
      && memcmp(one + range.start, other + otherRange.start, range.count) == 0
  }
}

/// Where to cut, always the same for the same bytes.
struct Splits {
  private var state: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    for at in 0..<count { state = (state ^ UInt64(bytes[at])) &* 0x0000_0100_0000_01b3 }
  }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state &>> 33
  }

  /// Of portions that are all of one byte, or of about one of some sizes; the last one is `count`.
  mutating func ends(_ count: Int) -> SplitEnds {
    let sizes: [UInt64] = [1, 2, 7, 40, 1000]
    return SplitEnds(size: sizes[Int(next() % 5)], count: count, random: self)
  }
}

struct SplitEnds: Sequence, IteratorProtocol {
  let size: UInt64
  let count: Int
  var random: Splits
  var last = 0

  mutating func next() -> Int? {
    guard last < count else { return nil }
    last = Swift.min(count, last + 1 + Int(size == 1 ? 0 : random.next() % size))
    return last
  }
}
