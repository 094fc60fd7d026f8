import CLinux
import Glibc

/// Whole-file operations, each durable where its name says so.
package enum Files {
  package enum Kind: Sendable { case file, directory, link, other }

  /// What is at `path` itself, links not followed; nil when nothing is.
  package static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return kind(of: status.st_mode)
  }

  /// The same with links followed: nil for a broken one.
  package static func resolvedKind(_ path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return kind(of: status.st_mode)
  }

  private static func kind(of mode: mode_t) -> Kind {
    switch mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .directory
    case S_IFLNK: .link
    default: .other
    }
  }

  /// The permission bits of what is at `path` itself.
  package static func mode(_ path: String) throws(SystemError) -> mode_t {
    var status = stat()
    try systemCall("stat", path) { lstat(path, &status) }
    return status.st_mode & 0o7777
  }

  package static func read(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> [UInt8] {
    try FileDescriptor.open(path, O_RDONLY).readAll(limit: limit, subject: path)
  }

  /// As whoever owns `owned` would: to some files root has no better right than others.
  static func asOwner<Value>(
    of owned: String, _ body: () throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    var status = stat()
    try systemCall("stat", owned) { stat(owned, &status) }
    let before = clinux_act_as(clinux_identity(user: status.st_uid, group: status.st_gid, parents_end: 0))
    defer { clinux_act_again_as(before) }
    return try body()
  }

  /// Of what the app's user may have put there: a pipe or a device would keep an ordinary read waiting.
  package static func readRegular(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    guard try status(of: file, path).st_mode & S_IFMT == S_IFREG else {
      throw SystemError(code: EINVAL, operation: "read", subject: path)
    }
    return try file.readAll(limit: limit, subject: path)
  }

  private static func status(of file: FileDescriptor, _ path: String) throws(SystemError) -> stat {
    var status = stat()
    try systemCall("stat", path) { fstat(file.raw, &status) }
    return status
  }

  package static func text(_ path: String, limit: Int = 16 << 20) throws(SystemError) -> String {
    String(decoding: try read(path, limit: limit), as: UTF8.self)
  }

  /// Replaces `path` as a whole, and is on disk when it returns. A link at `path` is replaced, not followed.
  package static func writeAtomically(
    _ path: String, _ bytes: [UInt8], mode: Int32 = 0o644, owner: (uid: uid_t, gid: gid_t)? = nil
  ) throws(SystemError) {
    let temporary = path + ".tmp"
    _ = unlink(temporary)
    let file = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
    do throws(SystemError) {
      try file.writeAll(bytes, subject: path)
      try systemCall("chmod", path) { fchmod(file.raw, mode_t(mode)) }
      if let owner { try systemCall("chown", path) { fchown(file.raw, owner.uid, owner.gid) } }
      try file.sync(subject: path)
      file.close()
      try rename(temporary, path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
    try syncDirectory(parent(of: path))
  }

  /// Leaves a file alone that has this content, mode and owner already, and is the sooner done for it.
  package static func write(
    _ path: String, ifOtherThan bytes: [UInt8], mode: Int32 = 0o644, owner: (uid: uid_t, gid: gid_t)? = nil
  ) throws(SystemError) {
    if (try? holds(path, bytes, mode: mode_t(mode), owner: owner)) == true { return }
    try writeAtomically(path, bytes, mode: mode, owner: owner)
  }

  private static func holds(
    _ path: String, _ bytes: [UInt8], mode: mode_t, owner: (uid: uid_t, gid: gid_t)?
  ) throws(SystemError) -> Bool {
    let file = try FileDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let status = try status(of: file, path)
    guard status.st_mode == S_IFREG | mode, status.st_uid == owner?.uid ?? geteuid(),
      status.st_gid == owner?.gid ?? status.st_gid
    else { return false }
    return try file.readAll(limit: bytes.count, subject: path) == bytes
  }

  package static func append(_ path: String, _ bytes: [UInt8], mode: Int32 = 0o644) throws(SystemError) {
    let file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: mode)
    try file.writeAll(bytes, subject: path)
    try file.sync(subject: path)
  }

  package static func rename(_ from: String, _ to: String) throws(SystemError) {
    try systemCall("rename", "\(from) to \(to)") { Glibc.rename(from, to) }
  }

  /// Makes `path` a link to `target` in one step: whoever looks sees the old link or the new one.
  package static func replaceLink(_ path: String, with target: String) throws(SystemError) {
    let temporary = path + ".tmp"
    _ = unlink(temporary)
    try systemCall("symlink", path) { symlink(target, temporary) }
    do throws(SystemError) {
      try rename(temporary, path)
    } catch {
      _ = unlink(temporary)
      throw error
    }
    try syncDirectory(parent(of: path))
  }

  package static func linkTarget(_ path: String) -> String? { try? readLink(path) }

  package static func readLink(_ path: String) throws(SystemError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = try systemCall("readlink", path) {
      buffer.withUnsafeMutableBytes { raw in
        raw.withMemoryRebound(to: CChar.self) { text in
          text.baseAddress.map { readlink(path, $0, text.count) } ?? -1
        }
      }
    }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  package static func syncDirectory(_ path: String) throws(SystemError) {
    try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY).sync(subject: path)
  }

  /// Everything written to the file system that holds `path` is on disk when this returns.
  package static func syncFileSystem(of path: String) throws(SystemError) {
    let directory = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    try systemCall("syncfs", path) { clinux_syncfs(directory.raw) }
  }

  /// Creates what is missing of `path`.
  package static func makeDirectory(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
    if resolvedKind(path) == .directory { return }
    let up = parent(of: path)
    if up != path { try makeDirectory(up) }
    do throws(SystemError) {
      try systemCall("mkdir", path) { mkdir(path, mode) }
    } catch {
      guard error.code == EEXIST, resolvedKind(path) == .directory else { throw error }
    }
  }

  package static func remove(_ path: String) throws(SystemError) {
    try systemCall("remove", path) { unlink(path) }
  }

  package static func changeOwner(_ path: String, uid: uid_t, gid: gid_t) throws(SystemError) {
    try systemCall("chown", path) { lchown(path, uid, gid) }
  }

  package static func changeMode(_ path: String, _ mode: mode_t) throws(SystemError) {
    try systemCall("chmod", path) { chmod(path, mode) }
  }

  /// The names in a folder, sorted, without `.` and `..`.
  package static func list(_ path: String) throws(SystemError) -> [String] {
    guard let directory = opendir(path) else {
      throw SystemError(code: errno, operation: "open", subject: path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
        String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  package struct Space: Sendable {
    package let free: Int64
    package let total: Int64
    package let freeInodes: Int64

    package var isFull: Bool { free < 1 << 20 || freeInodes == 0 }
  }

  /// What an unprivileged user may still write on the file system of `path`.
  package static func space(of path: String) -> Space? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let block = Int64(clamping: status.f_frsize)
    let inodes = status.f_files == 0 ? Int64.max : Int64(clamping: status.f_favail)
    return Space(
      free: Int64(clamping: status.f_bavail).multipliedReportingOverflow(by: block).partialValue,
      total: Int64(clamping: status.f_blocks).multipliedReportingOverflow(by: block).partialValue,
      freeInodes: inodes)
  }

  package static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
