import Glibc
import Linux
import Settings
import Supervisor

/// The folder that all of the rehearsal happens in.
@MainLoop
struct ScratchFolder {
  let path: String

  init(in parent: String) throws {
    // The app's folder has to be named absolutely.
    guard let real = realpath(parent, nil) else { throw Self.failure(parent) }
    defer { free(real) }
    var template = Array("\(String(cString: real))/bascule-drill-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Self.failure(parent) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func failure(_ parent: String) -> DrillError {
    let reason = String(cString: strerror(errno))
    return DrillError(
      "No scratch folder can be made in \(parent): \(reason). Set TMPDIR to a folder that may be written.")
  }

  /// Lets in whom the app runs as, and nobody else: it may be an app that not everybody should read.
  func open(to user: AppUser?) throws(DrillError) {
    guard let user else { return }
    do throws(SystemError) {
      try Files.changeOwner(path, uid: geteuid(), gid: user.identity.gid)
      try Files.changeMode(path, 0o750)
    } catch {
      throw DrillError(
        "\(path) cannot be opened to \(user.name), whom the app runs as: \(error.reason). Root lacks a capability "
          + "(CHOWN) that Bascule needs as well.")
    }
  }

  /// A sentence when something of it is left.
  func remove(_ runner: CommandRunner, _ environment: [String: String]) async -> String? {
    let command = Command(
      ["rm", "-rf", "--", path], environment: environment, directory: "/", timeout: .seconds(60))
    _ = try? await runner.run(command) { _, _ in }
    return Files.kind(path) == nil ? nil : "\(path) could not be removed; remove it by hand."
  }
}
