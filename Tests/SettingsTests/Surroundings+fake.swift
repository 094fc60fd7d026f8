import Glibc
import Linux
import Settings

extension Surroundings {
  /// A machine with a sample app, a root and the users bun and alice.
  static func fake(
    _ environment: [String: String] = [:], files: [String: String] = [:], user: uid_t = 0,
    hasBun: Bool = true,
    hasSampleApp: Bool = true
  ) -> Surroundings {
    Surroundings(
      environment: environment, effectiveUser: user,
      readFile: { path throws(SystemError) in
        guard let text = files[path] else {
          throw SystemError(code: ENOENT, operation: "open", subject: path)
        }
        return Array(text.utf8)
      },
      exists: { hasSampleApp && $0 == Repository.sampleApp.address },
      findUser: { name in
        switch name {
        case "bun" where hasBun: AppUser(name: "bun", uid: 1000)
        case "alice": AppUser(name: "alice", uid: 1001)
        default: nil
        }
      })
  }
}

extension AppUser {
  init(name: String, uid: uid_t) {
    self.init(name: name, identity: Identity(uid: uid, gid: uid, groups: [uid]), home: "/home/\(name)")
  }
}

func load(
  _ environment: [String: String] = [:], files: [String: String] = [:], user: uid_t = 0
) throws -> Settings {
  try Settings.load(from: .fake(environment, files: files, user: user))
}

/// The lines that such an environment is refused with; none when it is taken.
func refusal(
  _ environment: [String: String], files: [String: String] = [:], user: uid_t = 0, hasSampleApp: Bool = true
) -> [String] {
  do throws(SettingsError) {
    _ = try Settings.load(
      from: .fake(environment, files: files, user: user, hasSampleApp: hasSampleApp))
    return []
  } catch {
    return error.lines
  }
}
