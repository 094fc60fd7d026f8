/// Where the code comes from. Credentials are not in the URL: they travel through a credential helper.
package struct RepositorySource: Sendable {
  package let url: String
  package let branch: String
  package let isLocal: Bool
  package let token: Token?

  package struct Token: Sendable {
    package let username: String
    package let secret: String

    package init(username: String, secret: String) {
      self.username = username
      self.secret = secret
    }
  }

  package init(url: String, branch: String, isLocal: Bool, token: Token?) {
    self.url = url
    self.branch = branch
    self.isLocal = isLocal
    self.token = token
  }

  /// `https://host` of an http(s) URL: the only place its token may be sent to.
  var webOrigin: String? {
    guard url.hasPrefix("https://") || url.hasPrefix("http://") else { return nil }
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, let host = parts[2].split(separator: "@").last else { return nil }
    return "\(parts[0])//\(host)"
  }
}
