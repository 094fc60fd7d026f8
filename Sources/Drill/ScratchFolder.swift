import Glibc
import Linux
import Settings
import Supervisor

/// The folder that all of the rehearsal happens in.
@MainLoop
struct ScratchFolder {
  let path: String

  init(in parent: String) throws {
    var template = Array("\(parent)/bascule-drill-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      let reason = String(cString: strerror(errno))
      throw DrillError(
        "No scratch folder can be made in \(parent): \(reason). Set TMPDIR to a folder that may be written.")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Lets in whom the app runs as, and nobody else: it may be an app that not everybody should read.
  func open(to user: AppUser?) throws(SystemError) {
    guard let user else { return }
    try Files.changeOwner(path, uid: geteuid(), gid: user.identity.gid)
    try Files.changeMode(path, 0o750)
  }

  /// A sentence when something of it is left.
  func remove(_ runner: CommandRunner, _ environment: [String: String]) async -> String? {
    let command = Command(
      ["rm", "-rf", "--", path], environment: environment, directory: "/", timeout: .seconds(60))
    _ = try? await runner.run(command) { _, _ in }
    return Files.kind(path) == nil ? nil : "\(path) could not be removed; remove it by hand."
  }
}
