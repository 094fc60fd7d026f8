import History
import JSON
import Linux
import Log
import Notify
import Supervisor

/// What the manager tells the notifier: rows of the history, and where their project comes from.
@MainLoop
final class NewsDesk {
  private let notifier: Notifier
  private let publicURL: String?
  private let github: GitHub?

  /// `environment`: the container's, for curl's PATH and proxies.
  init(
    _ configuration: NotifyConfiguration, history: History, exchange: Exchange,
    environment: [String: String], logger: Logger
  ) {
    publicURL = configuration.publicURL
    github = configuration.github
    notifier = Notifier(
      channels: configuration.channels, outbox: HistoryOutbox(history),
      sender: CurlSender(exchange: exchange, environment: environment)
    ) { logger.warn($0) }
  }

  /// Call it where the row is written, in the same turn of the loop: both are then one transaction.
  /// `kind`: where the row alone does not tell it.
  func tell(_ deployment: Deployment, of repository: String, as kind: NewsKind? = nil) {
    guard notifier.hasChannels,
      let news = DeploymentNews(
        kind, deployment: deployment.json, publicURL: publicURL,
        repository: github?.repository(of: repository))
    else { return }
    notifier.tell(news)
  }

  func resume() { notifier.resume() }
  func stop() { notifier.stop() }

  /// For `bascule notify test`.
  func test() async -> JSONValue {
    let results = await notifier.test()
    return [
      "items": .array(
        results.map { result in
          [
            "channel": .string(result.channel), "accepted": .bool(result.isAccepted),
            "message": .string(result.sentence),
          ]
        })
    ]
  }
}
