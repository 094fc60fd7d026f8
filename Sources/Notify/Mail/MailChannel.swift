import Linux

/// E-mail, through a server that takes it by SMTP.
package final class MailChannel: Channel {
  package let name = "email"
  package let title = "e-mail"
  private let url: String
  private let host: String
  private let from: MailAddress
  private let to: [MailAddress]
  private let kinds: Set<NewsKind>

  package init(url: String, from: MailAddress, to: [MailAddress], kinds: Set<NewsKind>) {
    self.url = url
    self.from = from
    self.to = to
    self.kinds = kinds
    host = WebAddress(url)?.shown ?? "the mail server"
  }

  package func takes(_ news: DeploymentNews) -> Bool { kinds.contains(news.kind) }

  package func deliver(
    _ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender
  ) async -> DeliveryOutcome {
    await send(Words(news), delivery: delivery, by: sender)
  }

  package func test(by sender: any Sender) async -> DeliveryOutcome {
    await send(.test, delivery: Notifier.newDelivery(), by: sender)
  }

  func mail(_ words: Words, delivery: String) -> Mail {
    let domain = from.address.split(separator: "@").last.map(String.init) ?? "localhost"
    let lines = [words.headline, ""] + words.details + (words.url.map { ["", $0] } ?? [])
    return Mail(
      from: from, to: to, subject: words.headline, text: lines.joined(separator: "\n") + "\n",
      messageID: "\(delivery)@\(domain)", date: .now)
  }

  private func send(_ words: Words, delivery: String, by sender: any Sender) async -> DeliveryOutcome {
    let transfer = Transfer(url: url, content: .mail(mail(words, delivery: delivery)))
    let outcome = await sender.send(transfer)
    guard case .answered(let answer) = outcome, answer.status >= 400 else {
      return DeliveryOutcome(outcome, from: host)
    }
    // The other way round than on the web: 4xx may pass, 5xx will not.
    let reason = "\(host) answered \(answer.status)"
    return answer.status < 500 ? .later(reason) : .never(reason)
  }
}
