import Glibc
import Linux

/// The key and the known hosts in `shared/.ssh`, and the ssh command that uses these and nothing else.
@MainLoop
package struct SSHAccess {
  private let folder: String
  private let owner: Identity?
  private let stranger: Stranger?

  /// `stranger`: who runs ssh, if the system does not know them.
  package init(folder: String, owner: Identity?, stranger: Stranger?) {
    self.folder = folder
    self.owner = owner
    self.stranger = stranger
  }

  private var keyFile: String { folder + "/id_bascule" }
  private var pinnedFile: String { folder + "/known_hosts.pinned" }
  private var passwordFile: String { folder + "/passwd" }
  private var groupFile: String { folder + "/group" }
  private var rememberedFile: String { folder + "/known_hosts" }

  /// Writes what is set and removes what is no longer.
  package func prepare(key: String?, knownHosts: String?) throws(SystemError) {
    try Files.makeDirectory(folder, mode: 0o700)
    try Files.changeMode(folder, 0o700)
    if let owner { try Files.changeOwner(folder, uid: owner.uid, gid: owner.gid) }
    if let stranger {
      try write(passwordFile, stranger.passwordLine(home: folder), mode: 0o644)
      try write(groupFile, stranger.groupLine, mode: 0o644)
    }
    let pinned = ForgeHostKeys.lines + (knownHosts.map { $0.replacing("\r", with: "") + "\n" } ?? "")
    try write(pinnedFile, pinned, mode: 0o644)
    if let key {
      try write(keyFile, key, mode: 0o600)
    } else {
      for file in [keyFile, keyFile + ".pub"] where Files.kind(file) != nil { try Files.remove(file) }
    }
  }

  /// nil when ssh-keygen can read the key; else why not. The public half is kept beside it, for people.
  package func validate(runner: any StepRunner, environment: [String: String]) async -> String? {
    let said = Said()
    let command = StepCommand(
      ["ssh-keygen", "-y", "-P", "", "-f", keyFile],
      environment: environment.merging(introduction) { $1 }, directory: folder)
    let outcome = await runner.run(command, timeout: .seconds(20)) { stream, bytes in
      let line = String(decoding: bytes, as: UTF8.self)
      if stream == "stdout" { said.publicKey = line } else { said.complaint = line }
    }
    switch outcome {
    case .exited(code: 0, _, _):
      do throws(SystemError) {
        try write(keyFile + ".pub", said.publicKey + "\n", mode: 0o644)
        return nil
      } catch {
        return "\(error)"
      }
    case .exited where said.complaint.contains("incorrect passphrase"):
      return "the key is protected by a passphrase; use one without (ssh-keygen -p removes it)"
    case .exited:
      return "ssh-keygen cannot read it (\(said.complaint.split(separator: ":").last.map(String.init) ?? ""))"
    case .notFound: return "ssh-keygen is not installed in the container (apt-get install openssh-client)"
    case .notStarted(let why): return "ssh-keygen could not be started: \(why)"
    case .timedOut, .canceled: return "ssh-keygen did not finish"
    }
  }

  /// `strict`: only hosts that are known from the start; else a new one is taken at first sight.
  package func command(hasKey: Bool, strict: Bool) -> String {
    var parts = introduction.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'" }
    parts += ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]
    parts += ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]
    parts += ["-o", "StrictHostKeyChecking=\(strict ? "yes" : "accept-new")"]
    let files = strict ? quoted(pinnedFile) : "\(quoted(rememberedFile)) \(quoted(pinnedFile))"
    parts += ["-o", "'UserKnownHostsFile=\(files)'", "-o", "GlobalKnownHostsFile=none"]
    if hasKey { parts += ["-i", "'\(keyFile)'", "-o", "IdentitiesOnly=yes"] }
    return parts.joined(separator: " ")
  }

  /// OpenSSH ends at once when the system does not know its user, as under `docker run --user 12345`.
  private var introduction: [String: String] {
    guard stranger != nil else { return [:] }
    return [
      "LD_PRELOAD": "libnss_wrapper.so", "NSS_WRAPPER_PASSWD": passwordFile, "NSS_WRAPPER_GROUP": groupFile,
    ]
  }

  private func quoted(_ path: String) -> String { "\"\(path)\"" }

  private func write(_ path: String, _ text: String, mode: Int32) throws(SystemError) {
    try Files.write(
      path, ifOtherThan: Array(text.utf8), mode: mode, owner: owner.map { (uid: $0.uid, gid: $0.gid) })
  }

  @MainLoop
  private final class Said {
    var publicKey = ""
    var complaint = ""
  }
}
