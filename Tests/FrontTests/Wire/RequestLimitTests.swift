import Testing

@testable import Front

@Suite struct RequestLimitTests {
  private func request(target count: Int) -> String {
    "GET /\(repeated("a", count - 1)) HTTP/1.1\r\nHost: h\r\n\r\n"
  }

  private func verdicts(_ text: String, _ limits: FrontLimits = FrontLimits()) -> [Verdict] {
    let bytes = Array(text.utf8)
    return [
      Requests(limits).verdict(bytes),
      Requests(limits).verdict(bytes, upTo: Array(stride(from: 1, to: bytes.count, by: 61)) + [bytes.count]),
    ]
  }

  @Test func `a target of 8000 bytes passes`() {
    #expect(verdicts(request(target: 8000)) == [.complete, .complete])
  }

  @Test func `a target of 100 KB is too long`() {
    #expect(verdicts(request(target: 100_000)) == [.refused(414), .refused(414)])
    #expect(verdicts(repeated("A", 100_000)) == [.refused(414), .refused(414)])
  }

  @Test func `the request line may be as long as its limit and no longer`() {
    var limits = FrontLimits()
    limits.requestLine = 100
    let shell = "GET  HTTP/1.1".utf8.count
    for start in ["", "\r\n", "\r\n\r\n\r\n\r\n"] {
      #expect(verdicts(start + request(target: 100 - shell), limits) == [.complete, .complete])
      #expect(verdicts(start + request(target: 101 - shell), limits) == [.refused(414), .refused(414)])
    }
  }

  @Test func `it is refused without its end`() {
    var limits = FrontLimits()
    limits.requestLine = 100
    let bytes = Array(request(target: 200).utf8)
    for count in 1...101 {
      #expect(Requests(limits).verdict(Array(bytes.prefix(count))) == .incomplete)
      #expect(Requests(limits).verdict(bytes, upTo: Array(1...count)) == .incomplete)
    }
    #expect(Requests(limits).verdict(Array(bytes.prefix(102))) == .refused(414))
    #expect(Requests(limits).verdict(bytes, upTo: Array(1...102)) == .refused(414))
  }

  @Test func `10000 fields are too many`() {
    let fields = (0..<10_000).map { "A\($0): b\r\n" }.joined()
    #expect(verdicts("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") == [.refused(431), .refused(431)])
  }

  @Test func `there may be as many fields as the limit says`() {
    var limits = FrontLimits()
    limits.headers = 20
    let start = "GET / HTTP/1.1\r\nHost: h\r\n"
    #expect(verdicts(start + repeated("A: b\r\n", 19) + "\r\n", limits) == [.complete, .complete])
    #expect(verdicts(start + repeated("A: b\r\n", 20) + "\r\n", limits) == [.refused(431), .refused(431)])
  }

  @Test func `the head may be as long as its limit and no longer`() {
    var limits = FrontLimits()
    limits.head = 1000
    let start = "GET / HTTP/1.1\r\nHost: h\r\nA: "
    let fits = start + repeated("b", 1000 - start.utf8.count - 4) + "\r\n\r\n"
    #expect(verdicts(fits, limits) == [.complete, .complete])
    #expect(verdicts(fits + "GET", limits) == [.complete, .complete])
    let exceeds = start + repeated("b", 1001 - start.utf8.count - 4) + "\r\n\r\n"
    #expect(verdicts(exceeds, limits) == [.refused(431), .refused(431)])
    let endless = Array((start + repeated("b", 2000)).utf8)
    #expect(Requests(limits).verdict(endless, upTo: Array(1...999)) == .incomplete)
    #expect(Requests(limits).verdict(endless, upTo: Array(1...1000)) == .refused(431))
  }

  @Test func `limits that make no sense do no harm`() {
    var limits = FrontLimits()
    limits.requestLine = -1
    limits.head = -5
    limits.headers = -9
    #expect(Requests(limits).verdict("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == .complete)
    limits.requestLine = .max
    limits.head = .max
    limits.headers = 9
    #expect(Requests(limits).verdict("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == .complete)
  }

  @Test func `a head that comes byte by byte costs no square of its length`() {
    var limits = FrontLimits()
    limits.head = 1 << 20
    limits.headers = 1 << 17
    let text = "GET / HTTP/1.1\r\nHost: h\r\n" + repeated("A: b\r\n", 1 << 16)
    let bytes = Array((text + "\r\n").utf8)
    let requests = Requests(limits)
    // Some 400,000 calls: reading each time from the start would be 80,000,000,000 bytes.
    let verdict = withMemory(bytes) { memory, count in requests.verdict(memory, count, step: 1) }
    #expect(verdict == .complete)
  }
}

extension Requests {
  /// Byte by byte, without copying.
  func verdict(_ memory: UnsafeMutablePointer<UInt8>, _ count: Int, step: Int) -> Verdict {
    var scanned = 0
    for end in stride(from: step, through: count, by: step) {
      let result = parse(memory, end, scanned: scanned)
      guard case .incomplete(let next) = result else { return Verdict(result) }
      scanned = next
    }
    return .incomplete
  }
}
