// The shapes that the loops and the wire share. All plain old data: offsets into the bytes of one head.

/// A length of 0 is `none`; the line that said so goes on all the same.
enum Framing: UInt8 { case none, length, chunked, untilClose }

enum Upgrade: UInt8 { case none, webSocket, other }

struct ByteRange {
  var start = 0
  var count = 0

  var end: Int { start + count }
}

/// Why a head is not taken, with the status to answer with.
struct Refusal: Error, Equatable {
  var status: UInt16
  var reason: StaticString

  static func == (left: Refusal, right: Refusal) -> Bool { left.status == right.status }
}

enum HeadResult {
  /// The head is whole, and `head` describes it.
  case complete
  /// More bytes are needed; pass `scanned` in next time.
  case incomplete(scanned: Int)
  case refused(Refusal)
}

struct RequestHead {
  /// Of all bytes up to the body, with the empty lines before it.
  var length = 0
  var method = Method.other
  var minorVersion: UInt8 = 1
  var framing = Framing.none
  var contentLength: UInt64 = 0
  var keepsAlive = true
  var expectsContinue = false
  var upgrade = Upgrade.none
  var methodName = ByteRange()
  /// In origin-form: what an absolute-form target has behind its authority, which may be nothing.
  var target = ByteRange()
  /// `/` or `*` where it has to be added before `target`, else 0.
  var targetPrefix: UInt8 = 0
  /// Without the query. Empty for `OPTIONS` of everything in absolute-form.
  var path = ByteRange()
  /// The URI's own for an absolute-form target. Empty for HTTP/1.0 without one.
  var host = ByteRange()
  var isAbsolute = false
}

struct ResponseHead {
  var length = 0
  var status: UInt16 = 0
  var minorVersion: UInt8 = 1
  var framing = Framing.none
  var contentLength: UInt64 = 0
  /// The app keeps the connection.
  var keepsAlive = true
  var isEventStream = false
  /// What `EventStreamScanner` cannot see through.
  var isEncoded = false
  var hasUpgrade = false
}
