import HTTP

@testable import Access

/// What stands in single fields of a request: cookies, tokens, names, addresses.
enum FieldInvariants {
  static func violation(_ bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    return wrong(field: text) ?? wrong(name: text) ?? wrong(percent: bytes, text)
  }

  private static func wrong(field text: String) -> String? {
    let cookies = Headers([("Cookie", "a=b; bascule_session=good; \(text)"), ("cookie", text)])
    let values = SessionCookie.values(in: cookies)
    guard values.first == "good", values.count <= 8, !values.contains(where: { $0.contains(";") }) else {
      return "cookies: \(values)"
    }
    switch BearerToken(in: Headers([("Authorization", text)])) {
    case .ambiguous: return "one field is several"
    case .claimed(let token) where token.hasPrefix(" "): return "a token begins with a space"
    case .absent, .claimed: break
    }
    guard BearerToken(in: Headers([("Authorization", text), ("authorization", text)])) == .ambiguous else {
      return "several fields are one"
    }
    let request = WebhookRequest(
      Headers([("X-GitHub-Event", text), ("X-GitHub-Delivery", text), ("X-Hub-Signature-256", text)]))
    if request.eventName?.isClean == false { return "an unclean event" }
    if let delivery = request.delivery, delivery.utf8.count > 128 { return "a delivery without end" }
    let signature = Headers([
      ("X-Hub-Signature-256", text), ("X-Gitlab-Token", text), ("X-Gitea-Signature", text),
    ])
    let verdict = WebhookSignature.verify(
      signature, body: [1], secret: "a secret of 20 bytes", isLoopback: true)
    if verdict == .accepted { return "a signature that nobody made is taken" }
    _ = AddressKey(text)
    return nil
  }

  private static func wrong(name text: String) -> String? {
    if RefName.problem(with: text) == nil {
      let isPlain = !text.isEmpty && !text.hasPrefix("-") && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
      guard isPlain, !text.contains(".."), !text.hasSuffix(".lock"), text.utf8.count <= 250 else {
        return "a ref is let through"
      }
    } else if RefName.problem(with: text)?.isClean == false {
      return "an unclean problem"
    }
    if let identity = RepositoryIdentity(url: text) {
      guard
        RepositoryIdentity(fullName: identity.description) == identity
          || identity.description.lowercased().hasSuffix(".git")
      else { return "a repository that is another" }
    }
    let shown = printable(text, limit: 50)
    return shown.isClean && shown.unicodeScalars.count <= 50 ? nil : "unclean: \(shown.debugDescription)"
  }

  private static func wrong(percent bytes: [UInt8], _ text: String) -> String? {
    let encoded = Percent.encode(text)
    guard Percent.decode(encoded.utf8) == Array(text.utf8),
      Percent.decode(encoded.utf8, plusIsSpace: true) == Array(text.utf8)
    else { return "a text came back as another" }
    guard let decoded = Percent.decode(bytes) else { return nil }
    return decoded.count <= bytes.count ? nil : "it has grown"
  }
}
