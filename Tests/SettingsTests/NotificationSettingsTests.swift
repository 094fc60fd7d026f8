import Testing

@testable import Settings

@Suite struct NotificationSettingsTests {
  @Test func `unset, nobody is told`() throws {
    let settings = try load().notifications
    #expect(settings.events == [.success, .failure, .rollback])
    #expect(settings.webhook == nil)
    #expect(settings.slack == nil)
    #expect(settings.discord == nil)
    #expect(settings.mail == nil)
    #expect(settings.github == nil)
    #expect(settings.publicURL == nil)
  }

  @Test func `an address is taken apart`() throws {
    let plain = try load(["NOTIFY_WEBHOOK_URL": "http://[::1]:8080/hook?a=b"]).notifications.webhook?.address
    #expect(plain?.isSecure == false)
    #expect(plain?.host == "::1")
    #expect(plain?.port == 8080)
    #expect(plain?.target == "/hook?a=b")
    let secure = try load(["SLACK_WEBHOOK_URL": "HTTPS://hooks.slack.com"]).notifications.slack
    #expect(secure?.isSecure == true)
    #expect(secure?.port == 443)
    #expect(secure?.target == "/")
    #expect(try load(["DISCORD_WEBHOOK_URL": "https://h?x"]).notifications.discord?.target == "/?x")
    #expect(try load(["DISCORD_WEBHOOK_URL": "https://[2001:db8::1]/x"]).notifications.discord?.port == 443)
  }

  @Test(arguments: [
    "x", "hooks.slack.com/services", "ftp://h/x", "https://", "https:///x", "https://h:0/",
    "https://h:70000/",
    "https://h:/x", "https://a b/", "https://h/a b", "https://u:secret-word@h/x", "https://h/x#y",
    "https://-h/",
    "https://h/\u{e9}", "https://[::1/x", "https://[::1]x/", "javascript:alert(1)", "https://h\n/secret-word",
  ])
  func `what is no address of the web is refused, and not shown`(text: String) {
    for name in ["NOTIFY_WEBHOOK_URL", "SLACK_WEBHOOK_URL", "DISCORD_WEBHOOK_URL"] {
      let lines = refusal([name: text])
      #expect(lines.count == 1)
      #expect(lines.first?.hasPrefix("\(name) holds \(text.utf8.count) bytes (not shown)") == true)
      #expect(lines.first?.contains("secret-word") == false)
    }
  }

  @Test func `a webhook is signed with its own secret, else with the other`() throws {
    let both = [
      "NOTIFY_WEBHOOK_URL": "https://h/x", "WEBHOOK_SECRET": "theirs", "NOTIFY_WEBHOOK_SECRET": "its own",
    ]
    #expect(try load(both).notifications.webhook?.secret == "its own")
    #expect(try load(both).childEnvironment["NOTIFY_WEBHOOK_SECRET"] == nil)
    #expect(
      try load(both.filter { $0.key != "NOTIFY_WEBHOOK_SECRET" }).notifications.webhook?.secret == "theirs")
    #expect(try load(["NOTIFY_WEBHOOK_URL": "https://h/x"]).notifications.webhook?.secret == nil)
  }

  @Test func `the path of an address that lets one in is masked on its own`() throws {
    let settings = try load(
      ["SLACK_WEBHOOK_URL_FILE": "/s"], files: ["/s": "https://h/services/T0/B0/token\n"])
    #expect(Set(settings.secrets) == ["https://h/services/T0/B0/token", "/services/T0/B0/token"])
  }

  @Test func `events are a list`() throws {
    #expect(try load(["NOTIFY_ON": "failure, rollback"]).notifications.events == [.failure, .rollback])
    #expect(refusal(["NOTIFY_ON": "failure,never"]).first?.contains("\"never\" is none of these") == true)
    #expect(refusal(["NOTIFY_ON": ","]).count == 1)
  }

  @Test func `mail needs a server and somebody who reads it`() throws {
    let mail = try load([
      "SMTP_URL": "smtps://bot%40example.org:p%3Ass%20word@mail.example.org",
      "NOTIFY_EMAIL_TO": "a@x.org, b@y.org",
    ])
    #expect(
      mail.notifications.mail
        == .init(
          server: .init(
            isSecure: true, host: "mail.example.org", port: 465,
            login: Credentials(user: "bot@example.org", password: "p:ss word")), from: "bot@example.org",
          to: ["a@x.org", "b@y.org"]))
    #expect(Set(mail.secrets).isSuperset(of: ["p:ss word", "\0bot@example.org\0p:ss word"]))
    let plain = try load([
      "SMTP_URL": "smtp://localhost:2525", "NOTIFY_EMAIL_TO": "a@x.org", "NOTIFY_EMAIL_FROM": "me@x.org",
    ]).notifications.mail
    #expect(plain?.server == MailServer(isSecure: false, host: "localhost", port: 2525, login: nil))
    #expect(plain?.from == "me@x.org")
    #expect(
      try load(["SMTP_URL": "smtp://h", "NOTIFY_EMAIL_TO": "a@x.org"]).notifications.mail?.from == "a@x.org")
  }

  @Test func `half of the settings for mail are none`() {
    #expect(refusal(["SMTP_URL": "smtp://h"]).first?.contains("NOTIFY_EMAIL_TO is not") == true)
    #expect(refusal(["NOTIFY_EMAIL_TO": "a@x.org"]).first?.contains("SMTP_URL is not") == true)
  }

  @Test(arguments: [
    "http://h", "smtp://", "smtp://h/path", "smtp://u:hidden-word@", "smtp://u%zz:x@h", "h:25",
    "smtp://u%0a:x@h",
  ])
  func `what is no server for mail is refused, and not shown`(text: String) {
    let lines = refusal(["SMTP_URL": text, "NOTIFY_EMAIL_TO": "a@x.org"])
    #expect(lines.count == 1)
    #expect(lines.first?.contains("not shown") == true)
    #expect(lines.first?.contains("hidden-word") == false)
  }

  @Test(arguments: ["a", "a@", "@b", "a@b@c", "a b@c", "<a@b>", "a@b\r\nRCPT TO:<c@d>", "a@b;c@d"])
  func `what is no address of mail is refused`(text: String) {
    #expect(refusal(["SMTP_URL": "smtp://h", "NOTIFY_EMAIL_TO": text]).count == 1)
    #expect(refusal(["NOTIFY_EMAIL_FROM": text]).count == 1)
  }

  @Test func `GitHub is told when there is a token`() throws {
    let github = try load(["GITHUB_TOKEN": "ghp_x"]).notifications.github
    #expect(github?.token == "ghp_x")
    #expect(github?.api.text == "https://api.github.com")
    let own = try load(["GITHUB_TOKEN": "ghp_x", "GITHUB_API_URL": "https://git.example.org/api/v3/"])
    #expect(own.notifications.github?.api.text == "https://git.example.org/api/v3")
    #expect(own.notifications.github?.api.target == "/api/v3")
    #expect(refusal(["GITHUB_API_URL": "api.github.com"]).count == 1)
    #expect(refusal(["GITHUB_TOKEN": "ghp x\r\nHost: y"]).count == 1)
  }

  @Test func `links begin with the public address`() throws {
    #expect(
      try load(["PUBLIC_URL": "https://d.example.org//"]).notifications.publicURL?.text
        == "https://d.example.org")
    #expect(
      refusal(["PUBLIC_URL": "d.example.org"])
        == ["PUBLIC_URL holds \"d.example.org\"; it may hold an http:// or https:// address with a host."])
    #expect(refusal(["PUBLIC_URL": "https://h/?a"]).count == 1)
  }
}
