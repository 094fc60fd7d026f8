/// Turns git's last words into what a person can act on.
enum GitDiagnosis {
  static func advice(_ lines: [String]) -> String? {
    let text = lines.joined(separator: "\n")
    return known.first { text.contains($0.sign) }?.advice
  }

  static let isFull = "the volume is full: free some space or lower KEEP_RELEASES"

  /// The line that says why, not the hints around it.
  static func cause(_ lines: [String]) -> String {
    let telling =
      lines.last { $0.hasPrefix("fatal: ") && !$0.contains("Could not read from remote") }
      ?? lines.last { $0.hasPrefix("ERROR: ") || $0.hasPrefix("error: ") || $0.hasPrefix("remote: ") }
      ?? lines.last {
        $0.contains("Permission denied") || $0.hasPrefix("ssh: ") || $0.hasPrefix("No user exists")
          || $0.hasPrefix("kex_exchange_identification: ") || $0.hasPrefix("Connection ")
      }
      ?? lines.last { !$0.isEmpty && !hints.contains($0) }
    return telling ?? "it said nothing"
  }

  /// What git adds to whatever ssh has said.
  private static let hints = [
    "fatal: Could not read from remote repository.",
    "Please make sure you have the correct access rights", "and the repository exists.",
  ]

  static func isDamage(_ lines: [String]) -> Bool {
    let text = lines.joined(separator: "\n")
    return [
      "not a git repository", "object file", "is corrupt", "bad object", "did not match any object",
      "unable to read tree", "unresolved deltas", "packfile", "bad ref", "unable to resolve reference",
      "is empty", "bad config", "inflate", "packed-refs",
    ].contains { text.contains($0) }
  }

  private static let ended =
    "the host ended the connection: check the host and port in GIT_REPO, and whether the host lets this machine in"

  private static let known: [(sign: String, advice: String)] = [
    (
      "Permission denied (publickey",
      "the host does not accept the key in GIT_SSH_KEY: add its public half as a deploy key of the repository"
    ),
    (
      "REMOTE HOST IDENTIFICATION HAS CHANGED",
      "the host shows another key than the one it is known by: if that is right, update GIT_SSH_KNOWN_HOSTS "
        + "or remove its line from shared/.ssh/known_hosts"
    ),
    (
      "Host key verification failed",
      "the host's key is not among the known ones: add its line to GIT_SSH_KNOWN_HOSTS (ssh-keyscan prints it)"
    ),
    (
      "could not read Username",
      "the repository is private or does not exist: set GIT_TOKEN, or GIT_SSH_KEY and an ssh address"
    ),
    (
      "No user exists for uid",
      "ssh needs to know the user that it runs as: install libnss-wrapper in the image, or give that user a line in "
        + "/etc/passwd"
    ),
    ("Authentication failed", "the host does not accept the credentials: check GIT_TOKEN"),
    ("Repository not found", "check GIT_REPO, and that the key or token may read it"),
    ("repository not found", "check GIT_REPO, and that the key or token may read it"),
    ("does not appear to be a git repository", "check GIT_REPO"),
    ("does not exist", "check GIT_REPO"),
    (
      "Could not resolve host",
      "the name of the host cannot be looked up: check GIT_REPO and the container's DNS"
    ),
    (
      "Name or service not known",
      "the name of the host cannot be looked up: check GIT_REPO and the container's DNS"
    ),
    ("Connection refused", "nothing listens there: check the host and port in GIT_REPO"),
    ("Connection reset by", ended),
    ("Connection closed by", ended),
    // Over https: what GnuTLS says of one that ends in the handshake, and curl of one that does not come about.
    ("The TLS connection was non-properly terminated", ended),
    (
      "Couldn't connect to server",
      "nothing answers there: check the host and port in GIT_REPO, and the container's network"
    ),
    ("Connection timed out", "the host does not answer: check the container's network"),
    ("No space left on device", isFull),
    ("Read-only file system", "the volume is mounted read-only: mount it writable"),
  ]
}
