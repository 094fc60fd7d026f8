import Glibc
import Linux

/// Whom git, install, build and the app run as.
package struct AppUser: Sendable, Equatable {
  package let name: String
  package let identity: Identity
  package let home: String

  package init(name: String, identity: Identity, home: String) {
    self.name = name
    self.identity = identity
    self.home = home
  }

  /// nil: the system knows nobody of that name.
  package init?(named name: String) {
    var buffer = [CChar](repeating: 0, count: 64 << 10)
    let user: AppUser? = buffer.withUnsafeMutableBufferPointer { buffer in
      var record = passwd()
      var found: UnsafeMutablePointer<passwd>?
      guard let base = buffer.baseAddress, getpwnam_r(name, &record, base, buffer.count, &found) == 0,
        found != nil
      else { return nil }
      let groups = Self.groups(of: name, with: record.pw_gid)
      return AppUser(
        name: name, identity: Identity(uid: record.pw_uid, gid: record.pw_gid, groups: groups),
        home: record.pw_dir.map { String(cString: $0) } ?? "/")
    }
    guard let user else { return nil }
    self = user
  }

  private static func groups(of name: String, with group: gid_t) -> [gid_t] {
    var groups = [gid_t](repeating: 0, count: 256)
    var count = Int32(groups.count)
    guard getgrouplist(name, group, &groups, &count) >= 0 else { return [group] }
    return Array(groups.prefix(Int(count)))
  }
}
