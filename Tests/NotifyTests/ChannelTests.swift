import Crypto
import JSON
import Linux
import TestSupport
import Testing

@testable import Notify

@Suite struct ChannelTests {
  init() { MainLoopThread.start() }

  @MainLoop @Test func `a webhook carries the deployment as the API shows it, signed over its bytes`() throws
  {
    let told = try #require(news(publicURL: "https://x.test"))
    let webhook = Webhook(url: "https://hook.test/a", secret: "s3cret", kinds: NewsKind.forPeople)
    let transfer = webhook.transfer(told, delivery: "d1")
    let root = try JSONDocument(text: transfer.body).root
    #expect(root["event"]?.string == "deployment.success")
    #expect(root["url"]?.string == "https://x.test/deployments/12")
    #expect(root["deployment"]?["durationMs"]?.int == 12345)
    #expect(root["deployment"]?["phases"]?.elements.first?["name"]?.string == "build")
    let code = HMACSHA256.authenticate(key: Array("s3cret".utf8), message: Array(transfer.body.utf8))
    #expect(transfer.header("X-Webhook-Signature") == "sha256=" + Hex.encode(code))
    #expect(transfer.header("X-Webhook-Event") == "deployment.success")
    #expect(transfer.header("X-Webhook-Delivery") == "d1")
    #expect(transfer == webhook.transfer(told, delivery: "d1"))
    let unsigned = Webhook(url: "https://hook.test/a", secret: nil, kinds: []).transfer(told, delivery: "d1")
    #expect(unsigned.header("X-Webhook-Signature") == nil)
  }

  @MainLoop private func said(_ chat: Chat, _ record: JSONValue) async throws -> JSONNode {
    let sender = ScriptedSender()
    let told = try #require(news(record, publicURL: "https://x.test"))
    _ = await chat.deliver(told, delivery: "d", isRetry: false, by: sender)
    return try JSONDocument(text: try #require(sender.bodies.first)).root
  }

  @MainLoop @Test func `nobody on Slack is called by a commit message`() async throws {
    let chat = Chat.slack("https://hooks.slack.test/T/B/x", kinds: NewsKind.forPeople)
    let root = try await said(chat, record(message: "<!channel> & <@U1>"))
    #expect(
      root["text"]?.string == """
        ✅ *main: release 8 is live, deployed in 12.3 s*
        0123456 &lt;!channel&gt; &amp; &lt;@U1&gt; (Bob)
        Asked for by alice (push)
        <https://x.test/deployments/12|Show the deployment>
        """)
  }

  @MainLoop @Test func `nobody on Discord is called by a commit message, and a long one fits`() async throws {
    let chat = Chat.discord("https://discord.test/api/webhooks/1/x", kinds: NewsKind.forPeople)
    let root = try await said(chat, record(message: "@everyone **now**"))
    #expect(root["content"]?.string?.contains("0123456 \\@everyone \\*\\*now\\*\\* (Bob)") == true)
    #expect(root["allowed_mentions"]?["parse"]?.elements.isEmpty == true)
    let long = try await said(
      chat, record(state: "failed", error: String(repeating: "😀*", count: 4000)))
    let content = try #require(long["content"]?.string)
    #expect(content.unicodeScalars.count <= 2000)
    #expect(content.hasSuffix("\n<https://x.test/deployments/12>"))
  }

  @MainLoop @Test func `a header of a mail cannot be broken out of`() throws {
    let from = try #require(MailAddress("Bascule é <a@b.test>"))
    let channel = MailChannel(url: "smtp://mail.test", from: from, to: [from], kinds: [])
    let told = try #require(news(record(project: "x\r\nBcc: evil@x.test")))
    let mail = channel.mail(Words(told), delivery: "d1")
    for (name, value) in mail.headers {
      // Only folding may be there: a line's end with a space behind it.
      #expect(!value.replacing("\r\n ", with: "").utf8.contains { $0 < 0x20 }, "\(name)")
    }
    #expect(mail.headers.first { $0.name == "Message-ID" }?.value == "<d1@b.test>")
    #expect(mail.headers.first { $0.name == "From" }?.value == "=?utf-8?B?QmFzY3VsZSDDqQ==?= <a@b.test>")
  }

  @Test(arguments: [
    ("a@b.test", true), ("A <a@b.test>", true), ("\"A, B\" <a@b.test>", true), ("a", false), ("@b", false),
    ("a@b@c", false),
    ("a@b.test\r\nRCPT TO:<x@y>", false), ("a b@c", false), ("A\nB <a@b.test>", false), ("-a@b", false),
    ("a@b>", false), ("<a@b", false), ("", false),
  ])
  func `an address is one address and nothing else`(text: String, isOne: Bool) {
    #expect((MailAddress(text) != nil) == isOne)
  }

  @Test func `a list of addresses is right as a whole or not at all`() {
    #expect(MailAddress.list("a@b.test, c@d.test")?.map(\.address) == ["a@b.test", "c@d.test"])
    #expect(MailAddress.list("a@b.test, nobody") == nil)
    #expect(MailAddress.list(" ") == nil)
  }

  @Test(
    arguments: [
      (1_769_860_800_000, "Sat, 31 Jan 2026 12:00:00 +0000"), (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
      (951_782_400_000, "Tue, 29 Feb 2000 00:00:00 +0000"),
    ] as [(Int64, String)])
  func `a mail's date has the right day`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).mailDate == text)
  }

  @Test func `a long subject is folded into words of at most 75 characters, none torn`() {
    let text = String(repeating: "Ünïcödé 😀 ", count: 20)
    let words = EncodedWord.encode(text).split(separator: "\r\n ")
    #expect(words.allSatisfy { $0.utf8.count <= 75 })
    let decoded = words.map { word in
      String(decoding: Base64.decode(word.dropFirst(10).dropLast(2)) ?? [], as: UTF8.self)
    }
    #expect(decoded.joined() == text)
    #expect(EncodedWord.encode("plain") == "plain")
    #expect(EncodedWord.encode("=?utf-8?B?eA==?=").hasPrefix("=?utf-8?B?PT91"))
  }

  @Test(
    arguments: [
      (200, .accepted), (204, .accepted),
      (302, .never("h answered 302, which sends elsewhere: give the final address")),
      (400, .never("h answered 400")), (404, .never("h answered 404")), (408, .later("h answered 408")),
      (425, .later("h answered 425")), (429, .later("h answered 429")), (500, .later("h answered 500")),
      (503, .later("h answered 503")),
    ] as [(Int, DeliveryOutcome)])
  func `an answer's status decides whether there is another attempt`(status: Int, outcome: DeliveryOutcome) {
    #expect(DeliveryOutcome(.answered(Answer(status: status)), from: "h") == outcome)
  }

  @MainLoop @Test func `the address of a channel never shows, only its host`() async throws {
    let sender = ScriptedSender()
    sender.answer = { _ in .answered(Answer(status: 404, body: Array("no /T/B/secret".utf8))) }
    let told = try #require(news())
    let url = "https://user:pw@hooks.test:8443/T/B/secret"
    let channels: [any Channel] = [
      Chat.slack(url, kinds: []), Chat.discord(url, kinds: []), Webhook(url: url, secret: "s", kinds: []),
    ]
    for channel in channels {
      let outcome = await channel.deliver(told, delivery: "d", isRetry: false, by: sender)
      #expect(outcome == .never("hooks.test:8443 answered 404"))
    }
  }
}
