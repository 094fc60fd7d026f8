import Testing

/// Everything goes on as it comes, and no faster than it is taken.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontStreaming {
  private static let mebibyte = 1 << 20

  @Test(arguments: [
    "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked", "Content-Type: text/event-stream",
  ])
  func `each event is there before the next one is made`(fields: String) async throws {
    let bell = Bell()
    let isChunked = fields.contains("chunked")
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n")
      for number in 0..<20 {
        bell.wait()
        let event = "data: \(number)\n\n"
        try stream.send(isChunked ? "\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n" : event)
      }
      if isChunked { try stream.send("0\r\n\r\n") }
    }) { front, _ in
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      let head = Result { try client.receive(through: "\r\n\r\n") }
      for _ in 0..<20 {
        bell.ring()
        _ = try? client.receive(through: "\n\n")
      }
      #expect(try head.get().contains("text/event-stream"))
      #expect(client.received.occurrences(of: "data: ") == 20)
      if isChunked { #expect(try client.receive(through: "0\r\n\r\n").count < 20) }
    }
  }

  @Test(arguments: [false, true])
  func `each piece of an upload is there before the next one is sent`(isChunked: Bool) async throws {
    let arrived = Bell()
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      for _ in 0..<20 {
        _ = try stream.receive(through: "\n")
        arrived.ring()
      }
      if isChunked { _ = try stream.receive(through: "0\r\n\r\n") }
      try stream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone")
    }) { front, _ in
      let client = try front.client()
      try client.send(
        "POST / HTTP/1.1\r\nHost: h\r\n"
          + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 40\r\n\r\n"))
      for _ in 0..<20 {
        try client.send(isChunked ? "2\r\nx\n\r\n" : "x\n")
        #expect(arrived.wait(atMost: 30))
      }
      if isChunked { try client.send("0\r\n\r\n") }
      #expect(try client.readResponse().text == "done")
    }
  }

  @Test func `a request without an end has its answer while it still goes on`() async throws {
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      try stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      // An echo of each chunk, while more come.
      while true {
        let chunk = try stream.receive(through: "\r\n").text
        if chunk == "0\r\n" { break }
        let data = try stream.receive(through: "\r\n").text
        try stream.send(chunk + data)
      }
      try stream.send("0\r\n\r\n")
    }) { front, _ in
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
      _ = try client.receive(through: "\r\n\r\n")
      for number in 0..<10 {
        try client.send("1\r\n\(number)\r\n")
        #expect(try client.receive(exactly: 6).text == "1\r\n\(number)\r\n")
      }
      try client.send("0\r\n\r\n")
      #expect(try client.receive(exactly: 5).text == "0\r\n\r\n")
    }
  }

  @Test(arguments: [false, true])
  func `64 MiB come down in flat memory`(isChunked: Bool) async throws {
    let size = 64 * Self.mebibyte
    try await withFront(app: { stream, _ in
      while try stream.readRequest() != nil {
        try stream.send(
          "HTTP/1.1 200 OK\r\n"
            + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(size)\r\n\r\n"))
        for start in stride(from: 0, to: size, by: Self.mebibyte) {
          let piece = Pattern.bytes(Self.mebibyte, from: start)
          try stream.send(isChunked ? [UInt8]("100000\r\n") + piece + [13, 10] : piece)
        }
        if isChunked { try stream.send("0\r\n\r\n") }
      }
    }) { front, _ in
      let before = try await front.memory()
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      _ = try client.receive(through: "\r\n\r\n")
      var count = 0
      while count < size {
        let wanted = min(Self.mebibyte, size - count)
        if isChunked {
          #expect(try client.receive(exactly: 8).text == "100000\r\n")
        }
        let piece = try client.receive(exactly: wanted)
        guard Pattern.matches(piece, from: count) else { throw Failure("other bytes at \(count)") }
        count += wanted
        if isChunked { #expect(try client.receive(exactly: 2) == [13, 10]) }
      }
      if isChunked { #expect(try client.receive(exactly: 5).text == "0\r\n\r\n") }
      let most = try await front.memory(atMost: true)
      #expect(most < before + 8192, "from \(before) to \(most) kB")
    }
  }

  @Test(arguments: [false, true])
  func `64 MiB go up in flat memory`(isChunked: Bool) async throws {
    let size = 64 * Self.mebibyte
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      var count = 0
      while count < size {
        if isChunked { _ = try stream.receive(through: "\r\n") }
        let piece = try stream.receive(exactly: Self.mebibyte + (isChunked ? 2 : 0))
        guard Pattern.matches(Array(piece.prefix(Self.mebibyte)), from: count) else { break }
        count += Self.mebibyte
      }
      if isChunked { _ = try stream.receive(through: "0\r\n\r\n") }
      try stream.send("HTTP/1.1 200 OK\r\nCount: \(count)\r\nContent-Length: 0\r\n\r\n")
    }) { front, _ in
      let before = try await front.memory()
      let client = try front.client()
      try client.send(
        "POST / HTTP/1.1\r\nHost: h\r\n"
          + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: \(size)\r\n\r\n"))
      for start in stride(from: 0, to: size, by: Self.mebibyte) {
        let piece = Pattern.bytes(Self.mebibyte, from: start)
        try client.send(isChunked ? [UInt8]("100000\r\n") + piece + [13, 10] : piece)
      }
      if isChunked { try client.send("0\r\n\r\n") }
      #expect(try client.readResponse()["count"] == "\(size)")
      let most = try await front.memory(atMost: true)
      #expect(most < before + 8192, "from \(before) to \(most) kB")
    }
  }

  // MARK: Back-pressure. The kernel buffers some megabytes on each of the two ways.

  private static let tooMuch = 256 << 20
  private static let buffered = 64 << 20

  @Test func `a client that does not read makes the app wait, and misses nothing`() async throws {
    let (blocked, sent) = (Bell(), Counter())
    let size = Self.tooMuch
    try await withFront(app: { stream, _ in
      _ = try stream.readRequest()
      try stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
      let count = try stream.sendUntilBlocked(limit: size)
      sent.add(count)
      blocked.ring()
      for start in stride(from: count, to: size, by: 1 << 20) {
        try stream.send([UInt8](repeating: 0x61, count: min(1 << 20, size - start)))
      }
    }) { front, _ in
      let before = try await front.memory()
      let client = try front.client()
      try client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
      #expect(blocked.wait(atMost: 30))
      #expect(sent.value < Self.buffered, "the app could send \(sent.value) bytes to nobody")
      _ = try client.receive(through: "\r\n\r\n")
      var count = 0
      while count < size { count += try client.receive().count }
      #expect(count == size)
      let most = try await front.memory(atMost: true)
      #expect(most < before + 8192, "from \(before) to \(most) kB")
    }
  }

  @Test func `an app that does not read makes the client wait, and misses nothing`() async throws {
    let start = Bell()
    let size = Self.tooMuch
    try await withFront(app: { stream, _ in
      _ = try stream.receive(through: "\r\n\r\n")
      start.wait()
      var count = 0
      while count < size { count += try stream.receive().count }
      try stream.send("HTTP/1.1 200 OK\r\nCount: \(count)\r\nContent-Length: 0\r\n\r\n")
    }) { front, _ in
      let before = try await front.memory()
      let client = try front.client()
      try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
      let sent = try client.sendUntilBlocked(limit: size)
      start.ring()
      #expect(sent < Self.buffered, "the client could send \(sent) bytes to nobody")
      for start in stride(from: sent, to: size, by: 1 << 20) {
        try client.send([UInt8](repeating: 0x61, count: min(1 << 20, size - start)))
      }
      #expect(try client.readResponse()["count"] == "\(size)")
      let most = try await front.memory(atMost: true)
      #expect(most < before + 8192, "from \(before) to \(most) kB")
    }
  }

  @Test func `an answer in the middle of an upload arrives, though the app reads no further`() async throws {
    for closes in [false, true] {
      try await withFront(app: { stream, _ in
        _ = try stream.receive(through: "\r\n\r\n")
        _ = try stream.receive()
        try stream.send(
          "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo much")
        if !closes {
          stream.finish()
          pause(milliseconds: 500)
        }
      }) { front, _ in
        let client = try front.client()
        try client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(Self.tooMuch)\r\n\r\n")
        // A client that writes all before it reads: what it cannot get rid of must not cost it the answer.
        _ = try? client.sendUntilBlocked(limit: 4 << 20)
        let response = try client.readResponse()
        #expect(response.status == 413)
        #expect(response.text == "too much")
        #expect(response.closes)
      }
    }
  }
}
