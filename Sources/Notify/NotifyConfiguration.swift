import Linux

/// What the settings say about notifications, as plain values.
package struct NotifyConfiguration: Sendable {
  /// NOTIFY_ON; concerns people alone. GitHub is told how everything ends that it was told has begun.
  package var kinds: Set<NewsKind> = NewsKind.forPeople
  package var webhookURL: String?
  package var webhookSecret: String?
  package var slackURL: String?
  package var discordURL: String?
  /// `smtp[s]://user:password@host:port`
  package var smtpURL: String?
  package var mailTo: [MailAddress] = []
  package var mailFrom: MailAddress?
  package var githubToken: String?
  package var githubAPI = GitHub.publicAPI
  /// Of the links in what is sent.
  package var publicURL: String?

  package init() {}

  package var github: GitHub? { githubToken.map { GitHub(token: $0, api: githubAPI) } }

  @MainLoop package var channels: [any Channel] {
    var channels: [any Channel] = []
    if let webhookURL { channels.append(Webhook(url: webhookURL, secret: webhookSecret, kinds: kinds)) }
    if let slackURL { channels.append(Chat.slack(slackURL, kinds: kinds)) }
    if let discordURL { channels.append(Chat.discord(discordURL, kinds: kinds)) }
    if let smtpURL, let mailFrom, !mailTo.isEmpty {
      channels.append(MailChannel(url: smtpURL, from: mailFrom, to: mailTo, kinds: kinds))
    }
    if let github { channels += [CommitStatuses(github), GitHubDeployments(github)] as [any Channel] }
    return channels
  }
}
