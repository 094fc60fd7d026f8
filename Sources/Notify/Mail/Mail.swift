import Linux

/// One message to be handed to a mail server.
package struct Mail: Sendable, Equatable {
  package let from: MailAddress
  package let to: [MailAddress]
  package let subject: String
  package let text: String
  /// Constant over attempts, so that a server may drop doubles.
  package let messageID: String
  package let date: Timestamp

  /// In the order in which they are sent. Each is one line by itself.
  var headers: [(name: String, value: String)] {
    [
      ("Date", date.mailDate), ("Message-ID", "<\(messageID)>"), ("From", from.header),
      ("To", to.map(\.header).joined(separator: ",\r\n ")), ("Subject", EncodedWord.encode(subject)),
      ("Auto-Submitted", "auto-generated"),
    ]
  }
}

extension Timestamp {
  /// `Sat, 31 Jan 2026 12:00:00 +0000`
  var mailDate: String {
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    // 2026-01-31T12:00:00Z
    let text = Array(iso8601(fraction: false).utf8)
    func part(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
    guard text.count == 20, let month = Int(part(5..<7)), months.indices.contains(month - 1) else {
      return "Thu, 01 Jan 1970 00:00:00 +0000"
    }
    let day = Int(max(0, milliseconds) / 86_400_000 % 7)
    return "\(days[day]), \(part(8..<10)) \(months[month - 1]) \(part(0..<4)) \(part(11..<19)) +0000"
  }
}
