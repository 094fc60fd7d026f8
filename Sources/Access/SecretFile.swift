import Glibc
import Linux

/// One secret, in a file that its owner alone may read.
struct SecretFile {
  let path: String
  let setting: String
  let shortest: Int
  /// What becomes of the old one's users.
  let loss: String

  func readOrMake(_ secret: @autoclosure () -> String) throws(MadeSecretError) -> (text: String, isNew: Bool)
  {
    if let kept = try read() { return (kept, false) }
    return (try make(secret()), true)
  }

  /// nil when there is none yet.
  private func read() throws(MadeSecretError) -> String? {
    let mode: mode_t
    let bytes: [UInt8]
    do throws(SystemError) {
      mode = try Files.mode(path)
      bytes = try Files.readRegular(path, limit: 4 << 10)
    } catch {
      if error.code == ENOENT { return nil }
      throw problem("cannot be read: \(error.reason)")
    }
    guard Files.kind(path) == .file else { throw problem("is a link, and not a file") }
    guard mode & 0o077 == 0 else {
      throw problem(
        "may be used by others than its owner (mode 0\(String(mode, radix: 8)))", "Run chmod 600 on it, set")
    }
    let line = bytes.last == 0x0a ? bytes.dropLast() : bytes[...]
    guard !line.isEmpty else { throw problem("is empty") }
    guard let text = String(validating: line, as: UTF8.self),
      !line.contains(where: { $0 < 0x20 || $0 == 0x7f })
    else { throw problem("is damaged: it holds something else than one line of text") }
    guard line.count >= shortest else {
      throw problem("is too short: it holds \(line.count) bytes, and must hold \(shortest) at least")
    }
    return text
  }

  /// Durable when it returns: what is shown or signed with is never lost again.
  private func make(_ secret: String) throws(MadeSecretError) -> String {
    do throws(SystemError) {
      try Files.writeAtomically(path, Array((secret + "\n").utf8), mode: 0o600)
      if try Files.mode(path) & 0o077 == 0 { return secret }
      try Files.remove(path)
    } catch {
      throw MadeSecretError(
        description: "\(path) cannot be made: \(error.reason). Set \(setting), or make room for the file.")
    }
    throw MadeSecretError(
      description: "\(path) cannot be kept from others: its file system knows no permissions. Set \(setting)."
    )
  }

  private func problem(_ what: String, _ remedy: String = "Set") -> MadeSecretError {
    MadeSecretError(
      description: "\(path) \(what). \(remedy) \(setting), or remove the file: another is made at the next "
        + "start, and \(loss).")
  }
}
