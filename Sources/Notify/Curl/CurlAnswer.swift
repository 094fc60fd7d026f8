import Glibc
import Linux

/// What a run of curl means.
package enum CurlAnswer {
  package static func outcome(of transfer: Transfer, exitCode: Int32, output: [UInt8], now: Timestamp = .now)
    -> TransferOutcome
  {
    switch transfer.content {
    case .request:
      // Whoever has answered has answered, however the rest of it went.
      if let answer = answer(in: output, now: now) { return .answered(answer) }
      return failure(exitCode)
    case .mail:
      let status = Int(String(decoding: output, as: UTF8.self)) ?? 0
      if exitCode == 0 { return .answered(Answer(status: 250)) }
      // A server that refuses the login, the sender or a recipient for good.
      if (500..<600).contains(status) || (400..<500).contains(status) {
        return .answered(Answer(status: status))
      }
      return failure(exitCode)
    }
  }

  /// Of several heads the last: those of 100 and 103 come before the one that counts.
  private static func answer(in output: [UInt8], now: Timestamp) -> Answer? {
    var rest = output[...]
    while rest.starts(with: Array("HTTP/".utf8)), let end = end(ofHead: rest) {
      let lines = String(decoding: rest[..<end], as: UTF8.self).split { $0.isNewline }
      let words = lines.first?.split(separator: " ") ?? []
      guard words.count > 1, let status = Int(words[1]), 100..<1000 ~= status else { return nil }
      rest = rest[end...]
      guard status >= 200 else { continue }
      let field = lines.dropFirst().first { $0.lowercased().hasPrefix("retry-after:") }
      let retryAfter = field.flatMap { delay(String($0.dropFirst(12)).trimmed, now: now) }
      return Answer(status: status, retryAfter: retryAfter, body: Array(rest))
    }
    return nil
  }

  private static func end(ofHead bytes: ArraySlice<UInt8>) -> Int? {
    var lineStart = bytes.startIndex
    for index in bytes.indices where bytes[index] == 0x0a {
      if bytes[lineStart..<index].allSatisfy({ $0 == 0x0d }) { return index + 1 }
      lineStart = index + 1
    }
    return nil
  }

  /// Seconds, or a date.
  private static func delay(_ text: String, now: Timestamp) -> Duration? {
    if !text.isEmpty, text.utf8.count < 10, let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
    guard let seconds = date(text) else { return nil }
    return max(.zero, .milliseconds(seconds * 1000 - now.milliseconds))
  }

  /// `Sat, 31 Jan 2026 12:00:00 GMT`, in seconds since 1970.
  private static func date(_ text: String) -> Int64? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ").map(String.init)
    guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: words[2]) else { return nil }
    let time = words[4].split(separator: ":").compactMap { UInt8($0) }.map(Int32.init)
    guard let day = UInt8(words[1]), let year = UInt16(words[3]), time.count == 3, year >= 1970 else {
      return nil
    }
    var parts = tm()
    parts.tm_year = Int32(year) - 1900
    parts.tm_mon = Int32(month)
    parts.tm_mday = Int32(day)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (time[0], time[1], time[2])
    return Int64(timegm(&parts))
  }

  private static func failure(_ exitCode: Int32) -> TransferOutcome {
    switch exitCode {
    case 1: .refused("curl cannot speak its protocol")
    case 2: .refused("curl does not know one of its options: it is too old (7.71 or newer is needed)")
    case 3: .refused("its address is no URL")
    case 5: .failed("the name of the proxy could not be resolved")
    case 6: .failed("its name could not be resolved")
    case 7: .failed("it takes no connection")
    case 28: .failed("it did not answer in time")
    case 35: .failed("no TLS connection came about")
    case 51, 60: .failed("its certificate cannot be trusted")
    case 52: .failed("it closed the connection without an answer")
    case 55, 56: .failed("the connection broke")
    case 64: .failed("it offers no TLS, and the password does not go out without")
    case 67: .refused("it refused the user name and password")
    case 77: .failed("there are no CA certificates here: install the package ca-certificates")
    default: .failed("curl ended with code \(exitCode)")
    }
  }
}
