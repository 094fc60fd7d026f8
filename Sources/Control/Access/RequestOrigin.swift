import HTTP

/// Whether a page of this very server has sent a request. A browser sends the session's cookie from pages on every
/// port of this host, the app's among them: they are the same site, and `SameSite` does not keep them out.
enum RequestOrigin {
  case own
  case foreign
  /// By no browser, or by an old one.
  case untold

  init(_ head: RequestHead) {
    let headers = head.headers
    let sites = headers.values("Sec-Fetch-Site")
    if !sites.isEmpty {
      self = sites == ["same-origin"] ? .own : .foreign
      return
    }
    let origins = headers.values("Origin")
    // A GET carries none, unless it is a WebSocket's. Sec-Fetch-Site is missing where there is no https.
    let claims = origins.isEmpty ? headers.values("Referer") : origins
    guard let claim = claims.first else {
      self = .untold
      return
    }
    let host = headers["Host"]?.lowercased()
    self = claims.count == 1 && host != nil && Self.authority(claim) == host ? .own : .foreign
  }

  private static func authority(_ claim: String) -> String? {
    for scheme in ["http://", "https://"] where claim.hasPrefix(scheme) {
      return claim.dropFirst(scheme.utf8.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    }
    return nil
  }
}
