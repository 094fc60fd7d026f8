import Glibc
import Linux
import TestSupport
import Testing

@testable import Pipeline

@Suite(.timeLimit(.minutes(5))) struct StepTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @Test(arguments: [
    ("error: Integrity check failed for tarball: x", true), ("error: failed to extract x", true),
    ("ENOENT: failed copying files from cache", true),
    ("error: lockfile had changes, but lockfile is frozen", false),
    ("error: GET https://registry.npmjs.org/nope - 404", false),
    ("ConnectionRefused downloading package manifest", false),
  ])
  @MainLoop func `a damaged cache is told from what would fail again`(message: String, isCache: Bool) {
    #expect(InstallDependencies.blamesCache(message) == isCache)
  }

  @Test func `a step has its own limit or what is left of the deployment's, and says whose it was`() {
    let deadline = Deadline(.seconds(600))
    #expect(deadline.limit(for: "BUILD_TIMEOUT", .seconds(60)) == (.seconds(60), "BUILD_TIMEOUT of 1 min"))
    let (time, reason) = deadline.limit(for: "BUILD_TIMEOUT", .seconds(900))
    #expect(time <= .seconds(600) && time > .seconds(500))
    #expect(reason == "DEPLOY_TIMEOUT of 10 min")
    #expect(Deadline(.zero).limit(for: nil, nil).time == .milliseconds(1))
  }

  @Test(arguments: [
    (ENOSPC, "; free some space on the volume or lower KEEP_RELEASES"),
    (EROFS, "; the volume is mounted read-only"), (EACCES, ""),
  ])
  func `a failed system call becomes a sentence with a way out`(code: Int32, hint: String) {
    let error = SystemError(code: code, operation: "mkdir", subject: "/app")
    #expect(DeployError.system(.prepare, "making it", error).message == "making it failed: \(error)\(hint)")
  }

  @Test func `a build script is one with something in it`() throws {
    try folder.write("package.json", #"{"scripts": {"build": "x", "empty": "", "number": 1}}"#)
    let file = try #require(PackageFile(folder: folder.path))
    #expect(file.hasScript("build"))
    #expect(!["empty", "number", "start"].contains(where: file.hasScript))
    try folder.write("package.json", "not json")
    #expect(PackageFile(folder: folder.path) == nil)
  }

  @MainLoop @Test func `the ssh command uses its own files and nothing else`() {
    let access = SSHAccess(folder: "/app/shared/.ssh", owner: nil, stranger: nil)
    let strict = access.command(hasKey: true, strict: true)
    #expect(strict.hasPrefix("ssh -F none -o BatchMode=yes "))
    #expect(strict.contains(" -o StrictHostKeyChecking=yes "))
    #expect(strict.contains(#" -o 'UserKnownHostsFile="/app/shared/.ssh/known_hosts.pinned"' "#))
    #expect(strict.contains(" -o GlobalKnownHostsFile=none"))
    #expect(strict.hasSuffix(" -i '/app/shared/.ssh/id_bascule' -o IdentitiesOnly=yes"))
    let open = access.command(hasKey: false, strict: false)
    #expect(open.contains(" -o StrictHostKeyChecking=accept-new "))
    #expect(open.contains(#""/app/shared/.ssh/known_hosts" "/app/shared/.ssh/known_hosts.pinned""#))
    #expect(!open.contains("id_bascule"))
  }

  @MainLoop @Test func `a user whom the system does not know is made known to ssh`() throws {
    let access = SSHAccess(
      folder: folder.path(".ssh"), owner: nil, stranger: Stranger(uid: 12345, gid: 54321))
    try access.prepare(key: nil, knownHosts: nil)
    #expect(
      access.command(hasKey: false, strict: true).hasPrefix(
        "LD_PRELOAD='libnss_wrapper.so' NSS_WRAPPER_GROUP='\(folder.path(".ssh/group"))' "
          + "NSS_WRAPPER_PASSWD='\(folder.path(".ssh/passwd"))' ssh -F none "))
    #expect(
      try Files.text(folder.path(".ssh/passwd"))
        == "bascule:x:12345:54321:Bascule:\(folder.path(".ssh")):/bin/sh\n")
    #expect(try Files.text(folder.path(".ssh/group")) == "bascule:x:54321:\n")
    #expect(Stranger.ofProcess == nil)
  }

  @MainLoop @Test func `the key is written for its owner alone, and removed when it is no longer set`() throws
  {
    let access = SSHAccess(folder: folder.path(".ssh"), owner: nil, stranger: nil)
    try access.prepare(key: "KEY\n", knownHosts: "host ssh-ed25519 AAAA\r")
    func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(folder.path(path), &status) == 0 ? status.st_mode & 0o777 : 0
    }
    #expect(mode(".ssh") == 0o700)
    #expect(mode(".ssh/id_bascule") == 0o600)
    let pinned = try Files.text(folder.path(".ssh/known_hosts.pinned"))
    #expect(pinned.hasSuffix("\nhost ssh-ed25519 AAAA\n"))
    for forge in ["github.com", "gitlab.com", "bitbucket.org", "codeberg.org"] {
      #expect(pinned.contains("\n\(forge) ssh-rsa ") || pinned.hasPrefix("\(forge) "))
    }
    try access.prepare(key: nil, knownHosts: nil)
    #expect(Files.kind(folder.path(".ssh/id_bascule")) == nil)
  }
}
