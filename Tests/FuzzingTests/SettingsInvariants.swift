import Glibc
import Linux

@testable import Front
@testable import Releases
@testable import Settings

/// The first byte chooses the setting, the others are its value.
enum SettingsInvariants {
  private static let names = [
    "GIT_REPO", "GIT_BRANCH", "GIT_SSH_KEY", "GIT_SSH_KNOWN_HOSTS", "GIT_TOKEN", "APP_ROOT", "PORT",
    "WEBHOOK_PATH", "DEPLOY_TIMEOUT", "KEEP_RELEASES", "SHARED_PATHS", "HEALTH_CHECK_PATH", "HANDOFF",
    "APP_PORT",
    "TRUSTED_PROXIES", "ASSET_PATHS", "ACCESS_LOG", "NOTIFY_ON", "NOTIFY_WEBHOOK_URL", "SMTP_URL",
    "NOTIFY_EMAIL_TO", "PUBLIC_URL", "GITHUB_API_URL", "APP_USER", "LOG_FORMAT", "OWNER", "PARALLEL_BUILDS",
    "SLACK_WEBHOOK_URL", "JWT_SECRET", "ADMIN_PASSWORD", "HOLD_LIMIT", "WEBHOOK_SECRET",
  ]

  static func violation(_ bytes: [UInt8]) -> String? {
    guard let first = bytes.first else { return nil }
    // As an environment has it: up to the first zero.
    let text = String(decoding: bytes.dropFirst().prefix { $0 != 0 }, as: UTF8.self)
    let name = names[Int(first) % names.count]
    return load([name: text], name) ?? load(["\(name)_FILE": "/file"], name, file: text) ?? wrong(key: text)
      ?? wrong(address: text) ?? wrong(pattern: text)
  }

  private static func load(_ environment: [String: String], _ name: String, file: String = "") -> String? {
    let surroundings = Surroundings(
      environment: environment, effectiveUser: 0, readFile: { _ in Array(file.utf8) }, exists: { _ in true },
      findUser: { _ in nil })
    do throws(SettingsError) {
      let settings = try Settings.load(from: surroundings)
      if !(1...604_800_000).contains(settings.timeouts.deploy.milliseconds) {
        return "a time of \(settings.timeouts)"
      }
      if !settings.root.hasPrefix("/") || settings.root.contains("/../") {
        return "a root of \(settings.root)"
      }
      if settings.branch.hasPrefix("-") || !settings.branch.isClean {
        return "a branch of \(settings.branch)"
      }
      if let token = settings.credentials?.password, token.utf8.count > 4,
        settings.repository.address.contains(":\(token)@")
      {
        return "a password in the address"
      }
      return nil
    } catch {
      let value = environment[name] ?? file
      for line in error.lines {
        if !line.isClean { return "an unclean line: \(line.debugDescription)" }
        // A long value of a secret would be in there only by being shown.
        if ChildEnvironment.secretNames.contains(name), value.utf8.count > 30, line.contains(value) {
          return "a secret is shown: \(line)"
        }
      }
      return error.lines.isEmpty ? "refused without a word" : nil
    }
  }

  private static func wrong(key text: String) -> String? {
    guard let key = try? SSHKeyText.normalize(text) else { return nil }
    guard key.hasSuffix("-----\n"), key.split(separator: "\n").allSatisfy({ $0.utf8.count <= 76 }) else {
      return "a key that ssh does not take"
    }
    return (try? SSHKeyText.normalize(key)) == key ? nil : "a key twice is another"
  }

  private static func wrong(address text: String) -> String? {
    if let (repository, credentials) = try? Repository.parse(text) {
      let address = repository.address
      if address.hasPrefix("-")
        || !address.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
      {
        return "git is told \(address.debugDescription)"
      }
      if credentials != nil, address.split(separator: "/").dropFirst().first?.contains("@") == true {
        return "a login in the address"
      }
      guard let (again, login) = try? Repository.parse(address), again.address == address, login == nil else {
        return "an address that is refused the second time: \(address)"
      }
    }
    if let server = try? WebAddress.parse(text) {
      if server.host.isEmpty || server.port == 0 || !server.target.hasPrefix("/") || !server.target.isClean {
        return "no web address: \(server)"
      }
    }
    if let mail = try? MailServer.parse(text), mail.host.isEmpty || mail.port == 0 { return "no mail server" }
    if let mail = try? MailAddress.parse(text), !mail.isClean || mail.contains(where: { " <>".contains($0) })
    {
      return "no address of mail: \(mail)"
    }
    return nil
  }

  private static func wrong(pattern text: String) -> String? {
    if let pattern = HostPattern(text) {
      let written = String(decoding: pattern.name, as: UTF8.self) + (pattern.isPrefix ? ".*" : "")
      guard HostPattern(written) == pattern else { return "a host that is another: \(written)" }
    }
    if let proxies = try? TrustedProxies(parsing: text) {
      _ = proxies.contains("127.0.0.1")
      _ = proxies.contains(text)
    }
    if let shared = try? SharedPaths(parsing: text) {
      for entry in shared.entries {
        guard let first = entry.parts.first, first != ".git",
          !entry.parts.contains(where: { $0 == ".." || $0.isEmpty })
        else { return "a shared path of \(entry.path)" }
      }
    }
    return nil
  }
}
