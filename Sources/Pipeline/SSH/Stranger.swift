import Glibc

/// A user without a line in /etc/passwd, and the lines that would make it known.
package struct Stranger: Sendable, Equatable {
  private let uid: uid_t
  private let gid: gid_t

  package init(uid: uid_t, gid: gid_t) {
    self.uid = uid
    self.gid = gid
  }

  /// nil when the system knows who this process runs as.
  package static var ofProcess: Stranger? {
    var buffer = [CChar](repeating: 0, count: 64 << 10)
    var record = passwd()
    var found: UnsafeMutablePointer<passwd>?
    let code = getpwuid_r(geteuid(), &record, &buffer, buffer.count, &found)
    return code == 0 && found == nil ? Stranger(uid: geteuid(), gid: getegid()) : nil
  }

  func passwordLine(home: String) -> String { "bascule:x:\(uid):\(gid):Bascule:\(home):/bin/sh\n" }

  var groupLine: String { "bascule:x:\(gid):\n" }
}
