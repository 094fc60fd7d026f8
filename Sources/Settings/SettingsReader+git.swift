import Crypto

/// The settings that say where the app comes from.
extension SettingsReader {
  mutating func repository() -> (Repository, Credentials?) {
    let token = gitToken()
    guard let text = value("GIT_REPO") else {
      if !surroundings.exists(Repository.sampleApp.address) {
        report("GIT_REPO is not set, and there is no sample app here; it may hold \(Repository.allowed).")
      }
      return (.sampleApp, nil)
    }
    let (repository, found) = read(
      "GIT_REPO", otherwise: (.sampleApp, nil), allowed: Repository.allowed,
      show: Repository.withoutCredentials, Repository.parse)
    found?.secrets.forEach { mask($0) }
    guard let token, repository.transport == .http else { return (repository, found) }
    // A token set on its own is the newer wish. Hosts that look at the user take this name from anybody.
    let user = found?.user ?? (text.contains("bitbucket.org/") ? "x-token-auth" : "x-access-token")
    return (repository, Credentials(user: user, password: token))
  }

  mutating func sshKey() -> String? {
    guard let raw = secret("GIT_SSH_KEY") else { return nil }
    do throws(Refusal) {
      let key = try SSHKeyText.normalize(raw)
      for line in (key + raw).split(whereSeparator: \.isWhitespace) where line.utf8.count >= 16 {
        mask(String(line))
      }
      return key
    } catch {
      refuse(
        "GIT_SSH_KEY", holding: "\(raw.utf8.count) bytes (not shown)", error, allowed: SSHKeyText.allowed)
      return nil
    }
  }

  mutating func knownHosts() -> [String]? {
    let allowed = "lines of a known_hosts file: host, type of key, key"
    return read("GIT_SSH_KNOWN_HOSTS", otherwise: nil, allowed: allowed) { text throws(Refusal) in
      let lines = Self.lines(text).filter { !$0.isEmpty && !$0.hasPrefix("#") }
      for line in lines {
        let fields = line.split { $0 == " " || $0 == "\t" }.drop { $0.hasPrefix("@") }
        guard fields.count >= 3, Base64.decode(Array(fields)[2])?.isEmpty == false else {
          throw Refusal("in which \(Self.quoted(line)) is no such line")
        }
      }
      return lines
    }
  }

  /// Of a real text or of one with `\n` written out.
  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\\n").flatMap { $0.split(whereSeparator: \.isNewline) }
      .map { String($0.trimmingPrefix(while: \.isWhitespace)) }
  }

  private mutating func gitToken() -> String? {
    guard let token = secret("GIT_TOKEN") else { return nil }
    guard token.utf8.allSatisfy({ 0x21..<0x7f ~= $0 }) else {
      refuse(
        "GIT_TOKEN", holding: "\(token.utf8.count) bytes (not shown)", Refusal(),
        allowed: "a token without spaces or line breaks")
      return nil
    }
    return token
  }
}
