import Linux

/// One request or one mail to be sent. Its address may be a secret.
package struct Transfer: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    /// Without a body it is a GET, with one a POST.
    case request(headers: [Header], body: [UInt8]?)
    case mail(Mail)
  }

  package struct Header: Sendable, Equatable {
    package let name: String
    package let value: String

    init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package let url: String
  package let content: Content
  package var connectTimeout = Duration.seconds(10)
  package var timeout = Duration.seconds(30)

  static func post(_ url: String, json body: [UInt8], headers: [Header] = []) -> Transfer {
    Transfer(
      url: url,
      content: .request(headers: [Header("Content-Type", "application/json")] + headers, body: body))
  }

  static func get(_ url: String, headers: [Header]) -> Transfer {
    Transfer(url: url, content: .request(headers: headers, body: nil))
  }
}

package struct Answer: Sendable, Equatable {
  package let status: Int
  package let retryAfter: Duration?
  package let body: [UInt8]

  package init(status: Int, retryAfter: Duration? = nil, body: [UInt8] = []) {
    self.status = status
    self.retryAfter = retryAfter
    self.body = body
  }
}

package enum TransferOutcome: Sendable, Equatable {
  case answered(Answer)
  case failed(String)
  /// Would fail each time.
  case refused(String)
  /// The program to send with is missing.
  case unavailable(String)
  case canceled
}

/// Sends. Owned here, made by whoever can start programs.
@MainLoop
package protocol Sender: AnyObject {
  /// Why nothing can be sent at all, if that is known.
  var obstacle: String? { get }
  /// Ends early with `canceled` when the task is.
  func send(_ transfer: Transfer) async -> TransferOutcome
}
