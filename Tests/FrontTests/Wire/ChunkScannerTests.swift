import Testing

@testable import Front

@Suite struct ChunkScannerTests {
  private struct Scan: Equatable {
    var data: [UInt8] = []
    var consumed = 0
    var state = ChunkScanner.State.more
  }

  private func scan(_ bytes: [UInt8], portions: [Int]) -> Scan {
    var scanner = ChunkScanner()
    var scan = Scan()
    for portion in portions {
      let slice = Array(bytes.dropFirst(scan.consumed).prefix(portion))
      let result = withMemory(slice) { memory, count in
        scanner.scan(memory, count) { data, length in
          scan.data += UnsafeBufferPointer(start: data, count: length)
        }
      }
      scan.consumed += result.consumed
      scan.state = result.state
      if result.state != .more { break }
    }
    return scan
  }

  private func scan(_ text: String) -> Scan {
    let bytes = Array(text.utf8)
    return scan(bytes, portions: [bytes.count])
  }

  @Test(arguments: [
    ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("0005\r\nhello\r\n000\r\n\r\n", "hello"),
    ("0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"),
    ("A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij"),
    ("2;a=b;c=\"d e\"\r\n\r\n\r\n0;x\r\n\r\n", "\r\n"), ("1;\r\nx\r\n0\r\n\r\n", "x"),
    ("1;\t é\r\nx\r\n0\r\n\r\n", "x"),
    ("1\r\nx\r\n0\r\nServer-Timing: a;b\r\nDigest:\r\n\r\n", "x"),
    ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n"),
  ])
  func `a body comes out the same in whatever portions it comes`(text: String, content: String) {
    let bytes = Array(text.utf8)
    let whole = Scan(data: Array(content.utf8), consumed: bytes.count, state: .complete)
    #expect(scan(bytes, portions: [bytes.count]) == whole)
    #expect(scan(bytes + Array("GET".utf8), portions: [bytes.count + 3]) == whole)
    for portion in 1...bytes.count {
      #expect(scan(bytes, portions: Array(repeating: portion, count: bytes.count / portion + 1)) == whole)
      #expect(scan(bytes, portions: [portion, bytes.count]) == whole)
    }
    for count in 0..<bytes.count { #expect(scan(bytes, portions: [count]).state == .more) }
  }

  @Test(arguments: [
    "0x5\r\n", "+5\r\n", "-5\r\n", " 5\r\n", "5 \r\n", "5 ;a\r\n", "5\t\r\n", "1_0\r\n", "\r\n", ";a\r\n",
    "g\r\n",
    "00000000000000005\r\n", "FFFFFFFFFFFFFFFFF\r\n", "8000000000000000\r\n", "FFFFFFFFFFFFFFFF\r\n", "5\n",
    "5\rh",
    "\n", "5;a\n", "5;a\rb\r\n", "5;a\0b\r\n", "5;\u{7f}\r\n", "5;a\u{1}\r\n", "3\r\nhello\r\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\nhello\r\r\n", "5\r\nhello\r\n\r\n", "0\r\n\n",
    "0\r\n\rx",
    "0\r\n A: b\r\n\r\n", "0\r\nA\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA: b\n\r\n",
    "0\r\nA: b\0\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "0\r\nÄ: b\r\n\r\n", "0\r\nA: b\rc\r\n\r\n",
    "0\r\nA: b\r\r\n",
    "0\n\r\n", "0;\n", "0 \r\n\r\n", "5\0\r\n", "é\r\n",
  ])
  func `anything else is no body`(text: String) {
    let bytes = Array(text.utf8)
    #expect(scan(text).state == .invalid)
    #expect(scan(bytes, portions: Array(repeating: 1, count: bytes.count)) == scan(text))
    // And it stays so.
    #expect(scan(bytes + Array("\r\n0\r\n\r\n".utf8), portions: [bytes.count, 7]).state == .invalid)
  }

  @Test(arguments: [
    "Content-Length", "transfer-encoding", "HOST", "Connection", "Te", "Trailer", "Upgrade", "Expect",
    "Cookie",
    "Set-Cookie", "Authorization", "Content-Type", "Content-Encoding", "Content-Range", "X-Forwarded-For",
    "x-forwarded-anything", "X-Forwarded-", "Forwarded", "X-Real-IP", "X-Request-Id", "Keep-Alive",
    "Proxy-Connection", "Proxy-Authorization",
  ])
  func `a trailer becomes no header`(name: String) {
    #expect(scan("1\r\nx\r\n0\r\n\(name): 1\r\n\r\n").state == .invalid)
    #expect(scan("0\r\nX-Ok: 1\r\n\(name):\r\n\r\n").state == .invalid)
    #expect(
      scan("0\r\n\(name)x: 1\r\n\r\n").state
        == (name.lowercased().hasPrefix("x-forwarded-") ? .invalid : .complete))
    #expect(scan("0\r\nX\(name): 1\r\n\r\n").state == .complete)
  }

  @Test func `extensions have a limit, all together`() {
    let most = ChunkScanner.longestExtensions
    #expect(scan("1;\(repeated("a", most))\r\nx\r\n0\r\n\r\n").state == .complete)
    #expect(scan("1;\(repeated("a", most + 1))\r\nx\r\n0\r\n\r\n").state == .invalid)
    #expect(scan(repeated("1;\(repeated("a", most / 4))\r\nx\r\n", 4) + "0\r\n\r\n").state == .complete)
    #expect(scan(repeated("1;\(repeated("a", most / 4))\r\nx\r\n", 4) + "0;a\r\n\r\n").state == .invalid)
  }

  @Test func `trailers have a limit in size and in number`() {
    let most = ChunkScanner.longestTrailers
    #expect(scan("0\r\nA: \(repeated("b", most - 6))\r\n\r\n").state == .complete)
    #expect(scan("0\r\nA: \(repeated("b", most - 5))\r\n\r\n").state == .invalid)
    #expect(scan("0\r\n" + repeated("A: b\r\n", ChunkScanner.maximumTrailers) + "\r\n").state == .complete)
    #expect(scan("0\r\n" + repeated("A: b\r\n", ChunkScanner.maximumTrailers + 1) + "\r\n").state == .invalid)
  }

  @Test func `it knows where a body could be ended`() {
    let bytes = Array("5;a\r\nhello\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n".utf8)
    var scanner = ChunkScanner()
    var ends: [Int] = scanner.isBetweenChunks ? [0] : []
    withMemory(bytes) { memory, count in
      for at in 0..<count {
        _ = scanner.scan(memory + at, 1) { _, _ in }
        if scanner.isBetweenChunks { ends.append(at + 1) }
      }
    }
    #expect(ends == [0, 12, 20])
  }

  @Test func `it is small`() { #expect(MemoryLayout<ChunkScanner>.size <= 40) }

  @Test func `it agrees with a plain reading of the grammar`() {
    var random = Numbers(seed: 7)
    var complete = 0
    for _ in 0..<20_000 {
      var bytes = ChunkModel.body(&random)
      for _ in 0..<random.next(below: 3) {
        guard !bytes.isEmpty else { break }
        bytes[random.next(below: bytes.count)] = ChunkModel.bytes[random.next(below: ChunkModel.bytes.count)]
      }
      let model = ChunkModel.read(bytes)
      let portions = (0...bytes.count).map { _ in 1 + random.next(below: 9) }
      for portions in [[bytes.count], portions] {
        let found = scan(bytes, portions: portions)
        #expect((found.state == .complete) == (model != nil), "\(String(decoding: bytes, as: UTF8.self))")
        guard found.state == .complete else { continue }
        #expect(found.data == model?.content)
        #expect(found.consumed == model?.length)
        complete += 1
      }
    }
    #expect(complete > 5_000)
  }
}
