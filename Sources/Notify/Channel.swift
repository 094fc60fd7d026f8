import Linux

/// A way by which news go out.
@MainLoop
package protocol Channel: AnyObject {
  /// As it stands in the outbox.
  var name: String { get }
  /// As it stands in the log.
  var title: String { get }

  func takes(_ news: DeploymentNews) -> Bool
  /// News of one lane go out in their order.
  func lane(of news: DeploymentNews) -> String
  /// `delivery` is the same at every attempt.
  func deliver(_ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender) async
    -> DeliveryOutcome
  func test(by sender: any Sender) async -> DeliveryOutcome
}

extension Channel {
  package func lane(of news: DeploymentNews) -> String { "\(news.project)/\(news.id)" }
}

/// What became of one attempt.
package enum DeliveryOutcome: Sendable, Equatable {
  case accepted
  /// May pass by itself. `after`: no sooner than that.
  case later(String, after: Duration? = nil)
  /// Would be refused each time.
  case never(String)
  /// Nothing can be sent at all here; says what to do.
  case unavailable(String)
  case canceled

  init(_ outcome: TransferOutcome, from host: String) {
    switch outcome {
    case .answered(let answer): self.init(answer, from: host)
    case .failed(let reason): self = .later("\(host): \(reason)")
    case .refused(let reason): self = .never("\(host): \(reason)")
    case .unavailable(let reason): self = .unavailable(reason)
    case .canceled: self = .canceled
    }
  }

  private init(_ answer: Answer, from host: String) {
    let reason = "\(host) answered \(answer.status)"
    switch answer.status {
    case 200..<300: self = .accepted
    case 300..<400: self = .never(reason + ", which sends elsewhere: give the final address")
    case 408, 425, 429: self = .later(reason, after: answer.retryAfter)
    // How GitHub says that there were too many.
    case 403 where answer.retryAfter != nil: self = .later(reason, after: answer.retryAfter)
    case 400..<500: self = .never(reason)
    default: self = .later(reason, after: answer.retryAfter)
    }
  }
}
