@testable import HTTP

/// What is read on the control port, and what the commands, probes and the drill read of answers.
enum ControlInvariants {
  private static let bodyLimit = 1000

  static func violation(_ bytes: [UInt8]) -> String? {
    var dice = Dice(bytes)
    let whole = requests([bytes[...]])
    if let broken = whole.broken { return broken }
    let portioned = requests(dice.portions(of: bytes))
    if let broken = portioned.broken { return broken }
    if portioned.seen != whole.seen { return "requests in portions: \(portioned.seen), whole: \(whole.seen)" }
    for method in ["GET", "HEAD"] {
      let whole = response(to: method, [bytes[...]])
      let portioned = response(to: method, dice.portions(of: bytes))
      if whole != portioned { return "a response in portions: \(portioned), whole: \(whole)" }
    }
    return answer(echoing: bytes)
  }

  private static func requests(_ portions: [ArraySlice<UInt8>]) -> (seen: [String], broken: String?) {
    var parser = RequestParser(bodyLimit: bodyLimit)
    var seen: [String] = []
    for portion in portions {
      portion.withUnsafeBytes { parser.feed($0) }
      events: while true {
        switch parser.next() {
        case .needMore: break events
        case .failure(let failure):
          seen.append("\(failure.status) \(failure.message)")
          return (seen, (400...599).contains(failure.status) ? nil : "refused with \(failure.status)")
        case .head(let head):
          seen.append(
            "\(head.method) \(head.path) \(head.rawQuery ?? "-") \(head.headers.all) \(head.keepsAlive)")
          if !head.path.isClean || !head.method.isClean { return (seen, "a control character in the line") }
          if !head.headers.all.allSatisfy({ $0.value.utf8.allSatisfy(ASCII.isText) }) {
            return (seen, "in a field")
          }
          _ = head.query
        case .complete(let request):
          seen.append("\(request.body)")
          if request.body.count > bodyLimit { return (seen, "a body beyond its limit") }
        }
      }
      // One portion is 4 KiB here at most; a head 32 KiB.
      if parser.bufferedBytes > 64 << 10 { return (seen, "\(parser.bufferedBytes) bytes are held") }
    }
    return (seen, nil)
  }

  private static func response(to method: String, _ portions: [ArraySlice<UInt8>]) -> String {
    var parser = ResponseParser(method: method)
    var seen = ""
    var body: [UInt8] = []
    func drain() -> Bool {
      while true {
        switch parser.next() {
        case .needMore: return true
        case .head(let head): seen += "\(head.status) \(head.headers.all) "
        case .body(let piece): body += piece
        case .end:
          seen += "end"
          return false
        case .failure(let failure):
          seen += failure.message
          // How much of a broken body came out before depends on the portions.
          body = []
          return false
        }
      }
    }
    for portion in portions {
      portion.withUnsafeBytes { parser.feed($0) }
      if !drain() { return "\(seen) \(body)" }
    }
    parser.close()
    _ = drain()
    return "\(seen) \(body)"
  }

  /// What is answered with words of the asker's is one response, however it was asked.
  private static func answer(echoing bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    var sent = Response.error(404, "there is nothing at \(text)")
    sent.headers.append(("Location", text))
    var parser = ResponseParser()
    sent.bytes(to: "GET", keepsAlive: true).withUnsafeBytes { parser.feed($0) }
    guard case .head(let head) = parser.next(), head.status == 404, head.headers.values("Location").count == 1
    else { return "an answer that cannot be read" }
    var body: [UInt8] = []
    while case .body(let piece) = parser.next() { body += piece }
    guard case .end = parser.next(), body == sent.body else { return "an answer with another body" }
    return nil
  }
}
