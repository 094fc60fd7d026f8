import HTTP
import Notify
import Settings

extension NotifyConfiguration {
  init(_ settings: Settings.Notifications) {
    self.init()
    kinds = Set(
      settings.events.map { event in
        switch event {
        case .success: NewsKind.success
        case .failure: NewsKind.failure
        case .rollback: NewsKind.rollback
        }
      })
    webhookURL = settings.webhook?.address.text
    webhookSecret = settings.webhook?.secret
    slackURL = settings.slack?.text
    discordURL = settings.discord?.text
    smtpURL = settings.mail.map { Self.url(of: $0.server) }
    mailTo = settings.mail?.to.compactMap(MailAddress.init) ?? []
    mailFrom = settings.mail.flatMap { MailAddress($0.from) }
    githubToken = settings.github?.token
    if let api = settings.github?.api.text { githubAPI = api }
    publicURL = settings.publicURL?.text
  }

  private static func url(of server: MailServer) -> String {
    let login = server.login.map { "\(Percent.encode($0.user)):\(Percent.encode($0.password))@" } ?? ""
    let host = server.host.contains(":") ? "[\(server.host)]" : server.host
    return "\(server.isSecure ? "smtps" : "smtp")://\(login)\(host):\(server.port)"
  }
}
