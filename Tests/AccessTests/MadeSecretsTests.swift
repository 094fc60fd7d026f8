import Access
import Glibc
import Linux
import TestSupport
import Testing

@Suite struct MadeSecretsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(secret: String? = nil, password: String? = nil) throws -> MadeSecrets {
    try MadeSecrets(folder: folder.path, jwtSecret: secret, adminPassword: password)
  }

  private func refusal() -> String? {
    do {
      _ = try make()
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func write(_ name: String, _ text: String, mode: Int32 = 0o600) throws {
    try Files.writeAtomically(folder.path(name), Array(text.utf8), mode: mode)
  }

  @Test func `they are made once, for their owner alone`() throws {
    let first = try make()
    #expect(first.isPasswordNew)
    #expect(first.jwtSecret.utf8.count == 64)
    #expect(first.adminPassword.utf8.count == 27)
    for name in ["jwt.secret", "admin.password"] { #expect(try Files.mode(folder.path(name)) == 0o600) }
    #expect(try Files.text(folder.path("jwt.secret")) == first.jwtSecret + "\n")
    let second = try make()
    #expect(!second.isPasswordNew)
    #expect(second.jwtSecret == first.jwtSecret)
    #expect(second.adminPassword == first.adminPassword)
    #expect(Set(second.secrets) == [first.jwtSecret, first.adminPassword])
  }

  @Test func `what is set is not made`() throws {
    let made = try make(secret: "mine", password: "my own")
    #expect(made.secrets == ["mine", "my own"])
    #expect(!made.isPasswordNew)
    #expect(try Files.list(folder.path).isEmpty)
  }

  @Test func `another folder has others`() throws {
    let other = try TemporaryFolder()
    let there = try MadeSecrets(folder: other.path, jwtSecret: nil, adminPassword: nil)
    let here = try make()
    #expect(there.jwtSecret != here.jwtSecret)
    #expect(there.adminPassword != here.adminPassword)
  }

  @Test func `a password that a person has written into the file is taken`() throws {
    try write("admin.password", "a phrase with ümlauts")
    #expect(try make().adminPassword == "a phrase with ümlauts")
  }

  @Test(arguments: [
    ("jwt.secret", "", "is empty"), ("jwt.secret", "\n", "is empty"),
    ("jwt.secret", "short\n", "is too short"),
    ("admin.password", "seven77\n", "is too short"),
    ("admin.password", String(repeating: "\0", count: 27), "is damaged"),
    ("admin.password", "two lines\nin one\n", "is damaged"),
    ("jwt.secret", String(repeating: "x", count: 5000), "cannot be read"),
  ])
  func `a file that cannot be right is told with the way out`(name: String, text: String, says: String) throws
  {
    try write(name, text)
    let problem = try #require(refusal())
    #expect(problem.hasPrefix("\(folder.path(name)) \(says)"))
    #expect(problem.contains(name == "jwt.secret" ? "JWT_SECRET" : "ADMIN_PASSWORD"))
    #expect(problem.contains("remove the file"))
    #expect(!problem.contains("\n"))
  }

  @Test(arguments: [0o640, 0o604, 0o666] as [Int32]) func `a file that others may use is refused`(mode: Int32)
    throws
  {
    try write("jwt.secret", String(repeating: "x", count: 64), mode: mode)
    let problem = try #require(refusal())
    #expect(problem.contains("mode 0\(String(mode, radix: 8))"))
    #expect(problem.contains("chmod 600"))
    #expect(!problem.contains("xxx"))
  }

  @Test func `neither a link nor a folder is followed`() throws {
    try write("elsewhere", String(repeating: "x", count: 64))
    try Files.replaceLink(folder.path("jwt.secret"), with: folder.path("elsewhere"))
    #expect(refusal()?.contains("is a link") == true)
    try Files.remove(folder.path("jwt.secret"))
    try Files.makeDirectory(folder.path("jwt.secret"))
    #expect(refusal()?.contains("cannot be read") == true)
  }
}
