import Settings
import Testing

@Suite struct SecretTests {
  @Test(arguments: ["secret", "secret\n", "secret\r\n"])
  func `a secret may come from a file, less its last line break`(content: String) throws {
    let settings = try load(["WEBHOOK_SECRET_FILE": "/run/secret"], files: ["/run/secret": content])
    #expect(settings.webhookSecret == "secret")
    #expect(settings.secrets == ["secret"])
  }

  @Test func `only one line break is taken off`() throws {
    #expect(try load(["WEBHOOK_SECRET_FILE": "/f"], files: ["/f": "a\n\n"]).webhookSecret == "a\n")
  }

  @Test func `a secret given twice is refused`() {
    let lines = refusal(["WEBHOOK_SECRET": "a", "WEBHOOK_SECRET_FILE": "/f"], files: ["/f": "a"])
    #expect(lines == ["WEBHOOK_SECRET and WEBHOOK_SECRET_FILE are both set; set one of them."])
  }

  @Test func `a secret file that is missing or empty is refused by name`() {
    #expect(
      refusal(["GIT_TOKEN_FILE": "/none"])
        == ["GIT_TOKEN_FILE names /none, which cannot be read: No such file or directory."])
    #expect(refusal(["WEBHOOK_SECRET_FILE": "/f"], files: ["/f": "\n"]).first?.contains("empty") == true)
  }

  @Test func `children see everything but BUN_PORT and the secrets`() throws {
    let settings = try load(
      [
        "PATH": "/bin", "DATABASE_URL": "postgres://x", "BUN_PORT": "1", "GIT_SSH_KEY_FILE": "/key",
        "WEBHOOK_SECRET": "hidden", "DOKPLOY_WEBHOOK_SECRET": "hidden", "JWT_SECRET_FILE": "/jwt",
        "SLACK_WEBHOOK_URL": "https://hooks/hidden",
        "GITHUB_TOKEN": "hidden-too", "GIT_REPO": "https://u:hidden@host/name",
      ], files: ["/key": Keys.ed25519, "/jwt": String(repeating: "k", count: 32)])
    #expect(
      settings.childEnvironment
        == ["PATH": "/bin", "DATABASE_URL": "postgres://x", "GIT_REPO": "https://host/name"])
    #expect(Set(settings.secrets).isSuperset(of: ["hidden", "hidden-too"]))
  }

  @Test func `known hosts are lines of a known_hosts file`() throws {
    let line = "host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    #expect(try load(["GIT_SSH_KNOWN_HOSTS": "# mine\n\(line)\n\n"]).knownHosts == [line])
    #expect(
      try load(["GIT_SSH_KNOWN_HOSTS": "\(line)\\n@revoked \(line)"]).knownHosts == [
        line, "@revoked \(line)",
      ])
    #expect(try load().knownHosts == nil)
    #expect(refusal(["GIT_SSH_KNOWN_HOSTS": "host ssh-ed25519"]).count == 1)
  }
}
