import HTTP

/// A GET that changes something must not be had by a link or an image on another page. A session's cookie goes
/// along from any port of the same host, the app's too; a token never goes by itself.
enum SameSite {
  /// Proof, not absence of suspicion: over plain http a browser leaves most of these headers out.
  static func isProven(_ head: RequestHead) -> Bool {
    let headers = head.headers
    // Of no other scheme: a link can carry a name and a password.
    if headers["Authorization"]?.lowercased().hasPrefix("bearer ") == true { return true }
    if !headers.values("Sec-Fetch-Site").isEmpty {
      // `none`: typed by a person.
      return headers["Sec-Fetch-Site"] == "same-origin" || headers["Sec-Fetch-Site"] == "none"
    }
    guard let host = headers["Host"] else { return false }
    if !headers.values("Origin").isEmpty { return authority(headers["Origin"]) == host.lowercased() }
    return authority(headers["Referer"]) == host.lowercased()
  }

  private static func authority(_ address: String?) -> String? {
    guard let address, let colon = address.firstIndex(of: ":") else { return nil }
    let rest = address[colon...].dropFirst()
    guard rest.hasPrefix("//") else { return nil }
    return rest.dropFirst(2).prefix { !"/?#".contains($0) }.lowercased()
  }
}
