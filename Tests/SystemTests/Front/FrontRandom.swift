import Testing

/// BASCULE_RANDOM conversations of requests of any shape, cut anywhere, with answers of any shape.
@Suite(.fewAtATime, .onItsOwnThread)
struct FrontRandom {
  @Test(arguments: ["1", "2"])
  func `whatever shape requests and answers have, each client gets its own, whole`(threads: String)
    async throws
  {
    let count = Toolbox.limit("BASCULE_RANDOM", otherwise: 400)
    try await withFront(["--threads", threads], app: RandomExchange.app) { front, _ in
      let before = try await front.descriptors()
      let workers = 8
      let problems = try await onThreads(workers) { worker in
        var problems: [String] = []
        for round in 0..<(count / workers) {
          let seed = UInt64(worker * 1_000_000 + round + 1)
          do {
            var exchange = RandomExchange(seed: seed)
            try exchange.run(on: front.client())
          } catch {
            problems.append("seed \(seed): \(error)")
          }
        }
        return problems
      }
      #expect(problems.flatMap { $0 }.isEmpty)
      try await eventually("descriptors are closed", within: .seconds(30)) {
        try await front.descriptors() <= before + workers * 2
      }
    }
  }
}

/// Some requests over one connection.
private struct RandomExchange {
  private struct Asked {
    let target: String
    let method: String
    let body: [UInt8]
    let answer: Answer
  }

  /// What the app is to do, as it is told in a field.
  private enum Answer: String, CaseIterable { case length, chunked, close, interim, empty, last }

  private var random: Random

  init(seed: UInt64) { random = Random(seed: seed) }

  mutating func run(on client: ByteStream) throws {
    var asked: [Asked] = []
    var bytes: [UInt8] = []
    for number in 0..<(1 + random.below(5)) {
      let request = ask(number)
      asked.append(request.0)
      bytes += request.1
      // After these the connection ends.
      if request.0.answer == .close { break }
    }
    let cuts = (0..<random.below(6)).map { _ in random.below(bytes.count) }.sorted() + [bytes.count]
    let pauses = cuts.map { _ in UInt32(random.below(3)) }
    startThread { [bytes] in
      var start = 0
      for (cut, time) in zip(cuts, pauses) {
        guard (try? client.send(Array(bytes[start..<cut]))) != nil else { return }
        start = cut
        if time > 0 { pause(milliseconds: time) }
      }
    }
    for request in asked {
      var response = try client.readResponse(to: request.method)
      while response.status < 200 { response = try client.readResponse(to: request.method) }
      try check(response, request)
      if response.closes { break }
    }
  }

  private func check(_ response: Message, _ request: Asked) throws {
    let wanted = request.method == "HEAD" || request.answer == .empty ? [] : request.body
    guard response["target"] == request.target else { throw Failure("another's answer: \(response)") }
    guard response.isWhole, response.body == wanted else {
      throw Failure(
        "\(request.answer) \(request.method): \(response.body.count) instead of \(wanted.count) bytes")
    }
  }

  private mutating func ask(_ number: Int) -> (Asked, [UInt8]) {
    let sizes = [0, 1, 100, 5000, 70_000, 300_000]
    let method = ["GET", "POST", "PUT", "HEAD", "DELETE"][random.below(5)]
    let hasBody = method == "POST" || method == "PUT" || random.below(4) == 0
    let body = hasBody ? Pattern.bytes(random.below(sizes[random.below(sizes.count)] + 1), from: number) : []
    let answer = Answer.allCases[random.below(Answer.allCases.count)]
    let target = "/\(random.below(1_000_000))/\(number)"
    var bytes = [UInt8]("\(method) \(target) HTTP/1.1\r\nHost: h\r\nAnswer: \(answer.rawValue)\r\n")
    if random.below(3) == 0 {
      bytes += [UInt8]("Cookie: \(String(repeating: "c", count: random.below(3000)))\r\n")
    }
    if !hasBody {
      bytes += [13, 10]
    } else if random.below(2) == 0 {
      bytes += [UInt8]("Content-Length: \(body.count)\r\n\r\n") + body
    } else {
      bytes += [UInt8]("Transfer-Encoding: chunked\r\n\r\n") + Self.chunked(body, &random)
    }
    return (Asked(target: target, method: method, body: body, answer: answer), bytes)
  }

  static func chunked(_ body: [UInt8], _ random: inout Random) -> [UInt8] {
    var result: [UInt8] = []
    var start = 0
    while start < body.count {
      let size = min(body.count - start, 1 + random.below(random.below(3) == 0 ? 20 : 50_000))
      result += [UInt8](String(size, radix: 16) + (random.below(4) == 0 ? ";a=b" : "") + "\r\n")
      result += body[start..<(start + size)] + [13, 10]
      start += size
    }
    return result + [UInt8](random.below(4) == 0 ? "0\r\nX: y\r\n\r\n" : "0\r\n\r\n")
  }

  /// Echoes in the way that it is asked to.
  static let app: ScriptedUpstream.Script = { stream, number in
    var random = Random(seed: UInt64(number + 1))
    while let request = try stream.readRequest(), request.isWhole {
      let answer = request["answer"].flatMap(Answer.init(rawValue:)) ?? .length
      let head = "HTTP/1.1 200 OK\r\nTarget: \(request.target)\r\n"
      let isHead = request.method == "HEAD"
      var bytes: [UInt8] = []
      switch answer {
      case .empty: bytes = [UInt8]("HTTP/1.1 204 No Content\r\nTarget: \(request.target)\r\n\r\n")
      case .chunked:
        bytes = [UInt8](head + "Transfer-Encoding: chunked\r\n\r\n")
        if !isHead { bytes += chunked(request.body, &random) }
      case .close:
        bytes = [UInt8](head + (isHead ? "Connection: close\r\n\r\n" : "\r\n")) + (isHead ? [] : request.body)
      default:
        if answer == .interim { bytes = [UInt8]("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n") }
        let field = answer == .last ? "Connection: close\r\n" : ""
        bytes += [UInt8](head + field + "Content-Length: \(request.body.count)\r\n\r\n")
        if !isHead { bytes += request.body }
      }
      let cut = random.below(bytes.count)
      try stream.send(Array(bytes[..<cut]))
      if random.below(3) == 0 { pause(milliseconds: 1) }
      try stream.send(Array(bytes[cut...]))
      if answer == .close || answer == .last { return }
    }
  }
}
