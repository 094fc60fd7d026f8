import Glibc
import Linux

/// Everything that settings are read from, so that a test can make it up.
package struct Surroundings: Sendable {
  package typealias ReadFile = @Sendable (String) throws(SystemError) -> [UInt8]

  package var environment: [String: String]
  package var effectiveUser: uid_t
  package var readFile: ReadFile
  package var exists: @Sendable (String) -> Bool
  package var findUser: @Sendable (String) -> AppUser?

  package init(
    environment: [String: String], effectiveUser: uid_t, readFile: @escaping ReadFile,
    exists: @escaping @Sendable (String) -> Bool, findUser: @escaping @Sendable (String) -> AppUser?
  ) {
    self.environment = environment
    self.effectiveUser = effectiveUser
    self.readFile = readFile
    self.exists = exists
    self.findUser = findUser
  }

  package static var process: Surroundings {
    Surroundings(
      environment: ProcessEnvironment.read(), effectiveUser: geteuid(),
      readFile: { path throws(SystemError) in try Files.read(path, limit: 64 << 10) },
      exists: { Files.resolvedKind($0) != nil },
      findUser: AppUser.init(named:))
  }
}
