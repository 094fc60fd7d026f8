/// The settings about whom deployments are told to.
extension SettingsReader {
  mutating func notifications(webhookSecret: String?) -> Settings.Notifications {
    let own = secret("NOTIFY_WEBHOOK_SECRET")
    let webhook = secretAddress("NOTIFY_WEBHOOK_URL")
    return Settings.Notifications(
      events: events(),
      webhook: webhook.map { .init(address: $0, secret: own ?? webhookSecret) },
      slack: secretAddress("SLACK_WEBHOOK_URL"),
      discord: secretAddress("DISCORD_WEBHOOK_URL"),
      mail: mail(),
      github: github(),
      publicURL: read("PUBLIC_URL", otherwise: nil, allowed: WebAddress.allowed, WebAddress.parseBase))
  }

  private mutating func events() -> Set<Settings.Notifications.Event> {
    typealias Event = Settings.Notifications.Event
    let names = Event.allCases.map(\.rawValue).joined(separator: ",")
    return read(
      "NOTIFY_ON", otherwise: Set(Event.allCases), allowed: "some of \(names), separated by commas"
    ) { text throws(Refusal) in
      var events: Set<Event> = []
      for name in Self.list(text) {
        guard let event = Event(rawValue: name) else {
          throw Refusal("of which \(Self.quoted(name)) is none of these")
        }
        events.insert(event)
      }
      guard !events.isEmpty else { throw Refusal() }
      return events
    }
  }

  private mutating func mail() -> Settings.Notifications.Mail? {
    let server = secret("SMTP_URL", allowed: MailServer.allowed, MailServer.parse)
    let to: [String] = read(
      "NOTIFY_EMAIL_TO", otherwise: [], allowed: "addresses of mail, separated by commas"
    ) { text throws(Refusal) in
      var addresses: [String] = []
      for address in Self.list(text) { addresses.append(try MailAddress.parse(address)) }
      guard !addresses.isEmpty else { throw Refusal() }
      return addresses
    }
    let from: String? = read("NOTIFY_EMAIL_FROM", otherwise: nil, allowed: MailAddress.allowed) {
      text throws(Refusal) -> String? in try MailAddress.parse(text)
    }
    if let login = server?.login {
      mask(login.password)
      // As AUTH PLAIN sends both; the redactor knows the base64 of what it masks.
      mask("\0\(login.user)\0\(login.password)")
    }
    for (given, missing) in [("SMTP_URL", "NOTIFY_EMAIL_TO"), ("NOTIFY_EMAIL_TO", "SMTP_URL")]
    where isSet(given) && !isSet(missing) {
      report("\(given) is set, and \(missing) is not: no mail can be sent; set both of them, or neither.")
    }
    guard let server, let first = to.first else { return nil }
    let user: String? = try? server.login.map { try MailAddress.parse($0.user) }
    return .init(server: server, from: from ?? user ?? first, to: to)
  }

  private mutating func github() -> Settings.Notifications.GitHub? {
    let api = read(
      "GITHUB_API_URL", otherwise: nil, allowed: WebAddress.allowed,
      { text throws(Refusal) -> WebAddress? in try WebAddress.parseBase(text) })
    let usual = try? WebAddress.parseBase("https://api.github.com")
    guard let token = secret("GITHUB_TOKEN"), let api = api ?? usual else { return nil }
    guard token.utf8.allSatisfy({ 0x21..<0x7f ~= $0 }) else {
      refuse(
        "GITHUB_TOKEN", holding: "\(token.utf8.count) bytes (not shown)", Refusal(),
        allowed: "a token without spaces or line breaks")
      return nil
    }
    return .init(token: token, api: api)
  }

  /// An address whose path is what lets one in.
  private mutating func secretAddress(_ name: String) -> WebAddress? {
    let address = secret(name, allowed: WebAddress.allowed, WebAddress.parse)
    if let address, address.target.utf8.count >= 16 { mask(address.target) }
    return address
  }

  private mutating func secret<Value>(
    _ name: String, allowed: String, _ parse: (String) throws(Refusal) -> Value
  ) -> Value? {
    guard let text = secret(name) else { return nil }
    do throws(Refusal) {
      return try parse(text)
    } catch {
      refuse(name, holding: "\(text.utf8.count) bytes (not shown)", error, allowed: allowed)
      return nil
    }
  }

  private func isSet(_ name: String) -> Bool { value(name) != nil || value(name + "_FILE") != nil }

  static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }
}
