import Settings
import Testing

@Suite struct RepositoryTests {
  @Test(arguments: [
    "git@github.com:owner/name.git", "github.com:owner/name", "git@host:~/name", "git@[::1]:name",
    "git@host:team/a@b.git", "ssh://git@host:2222/owner/name.git", "ssh://host/name",
    "ssh://git@[::1]:22/name",
  ])
  func `an ssh address is taken as it stands`(address: String) throws {
    #expect(try load(["GIT_REPO": address]).repository == Repository(address: address, transport: .ssh))
  }

  @Test(arguments: ["https://host/owner/name.git", "http://127.0.0.1:8080/name", "https://[::1]:8443/a/b"])
  func `an http address is taken as it stands`(address: String) throws {
    #expect(try load(["GIT_REPO": address]).repository == Repository(address: address, transport: .http))
  }

  @Test(arguments: ["/srv/git/name.git", "/srv/with space", "/a:b", "file:///srv/name"])
  func `a local path is taken as it stands`(address: String) throws {
    #expect(try load(["GIT_REPO": address]).repository == Repository(address: address, transport: .local))
  }

  @Test(arguments: [
    "-oProxyCommand=x", "--upload-pack=x", "ext::sh -c x", "fd::17", "ext::x", "persistent-https::host",
    "git@host::x", "git://host/name", "ftp://host/name", "git+ssh://host/name", "owner/name", "./name",
    "name",
    "../name", "a/b:c", "-x@host:name", "git@-host:name", "git@host:-name", "git@host:", "ssh://-x/name",
    "ssh://-u@host/name", "ssh://host:99999/name", "ssh://host", "ssh://git:secret@host/name", "https://host",
    "https:///name", "https://host:port/name", "https://host/name?token=secret", "https://ho st/name",
    "/a\nb", "git@host:a\u{7}b", "file://host/name", "https://user:100%@host/name", "https://u:%0a@host/name",
  ])
  func `anything else is refused, and no password shown`(address: String) {
    let lines = refusal(["GIT_REPO": address])
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("GIT_REPO holds ") == true)
    #expect(lines.first?.contains("secret@") == false)
  }

  @Test(arguments: [
    "https://user:hidden/word@host/name", "https://hidden@host",
    "git://u:hidden@host/x",
    "htps://hidden@host/x",
  ])
  func `a wrong address is told without what may be a password`(address: String) {
    #expect(refusal(["GIT_REPO": address]).first?.contains("hidden") == false)
  }

  @Test func `without GIT_REPO and without a sample app the line says what to set`() {
    let lines = refusal([:], hasSampleApp: false)
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("GIT_REPO is not set") == true)
  }

  @Test func `a password in the address leaves it at once`() throws {
    let settings = try load(["GIT_REPO": "https://user:pass%40word@host:8443/owner/name.git"])
    #expect(settings.repository.address == "https://host:8443/owner/name.git")
    #expect(settings.credentials == Credentials(user: "user", password: "pass@word"))
    #expect(settings.secrets.contains("pass@word"))
    #expect(settings.childEnvironment["GIT_REPO"] == "https://host:8443/owner/name.git")
  }

  @Test func `a token alone in the address is masked too`() throws {
    let settings = try load(["GIT_REPO": "https://ghp_0123456789abcdef@github.com/owner/name"])
    #expect(settings.credentials == Credentials(user: "ghp_0123456789abcdef", password: ""))
    #expect(settings.secrets == ["ghp_0123456789abcdef"])
  }

  @Test func `GIT_TOKEN wins over a password in the address`() throws {
    let settings = try load(["GIT_REPO": "https://user:old-token@host/name", "GIT_TOKEN": "new-token"])
    #expect(settings.credentials == Credentials(user: "user", password: "new-token"))
    #expect(Set(settings.secrets).isSuperset(of: ["old-token", "new-token"]))
  }

  @Test func `GIT_TOKEN needs no user, and goes to no ssh host`() throws {
    let https = try load(["GIT_REPO": "https://host/name", "GIT_TOKEN": "token"])
    #expect(https.credentials == Credentials(user: "x-access-token", password: "token"))
    let ssh = try load(["GIT_REPO": "git@host:name", "GIT_TOKEN": "token"])
    #expect(ssh.credentials == nil)
    #expect(ssh.secrets == ["token"])
  }

  @Test func `a token with a line break is refused unseen`() {
    let lines = refusal(["GIT_REPO": "https://host/name", "GIT_TOKEN": "tok\nen"])
    #expect(
      lines == ["GIT_TOKEN holds 6 bytes (not shown); it may hold a token without spaces or line breaks."])
  }
}
