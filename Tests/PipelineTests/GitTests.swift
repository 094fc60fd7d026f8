import Testing

@testable import Pipeline

@Suite struct GitTests {
  @Test(
    arguments: [
      (
        [
          "git@github.com: Permission denied (publickey).", "fatal: Could not read from remote repository.",
          "",
          "Please make sure you have the correct access rights", "and the repository exists.",
        ],
        "git@github.com: Permission denied (publickey).", "GIT_SSH_KEY"
      ),
      (
        [
          "No user exists for uid 12345", "fatal: Could not read from remote repository.", "",
          "Please make sure you have the correct access rights", "and the repository exists.",
        ], "No user exists for uid 12345", "libnss-wrapper"
      ),
      (
        ["ERROR: Repository not found.", "fatal: Could not read from remote repository."],
        "ERROR: Repository not found.", "GIT_REPO"
      ),
      (
        [
          "No ED25519 host key is known for h", "Host key verification failed.",
          "fatal: Could not read from remote repository.",
        ], nil, "GIT_SSH_KNOWN_HOSTS"
      ),
      (
        ["fatal: could not read Username for 'https://github.com': terminal prompts disabled"],
        "fatal: could not read Username for 'https://github.com': terminal prompts disabled", "GIT_TOKEN"
      ),
      (
        ["remote: Invalid username or token.", "fatal: Authentication failed for 'https://h/'"],
        "fatal: Authentication failed for 'https://h/'", "GIT_TOKEN"
      ),
      (
        ["fatal: unable to access 'https://h/': Could not resolve host: h"],
        "fatal: unable to access 'https://h/': Could not resolve host: h", "DNS"
      ),
      (
        [
          "ssh: connect to host h port 22: Connection refused",
          "fatal: Could not read from remote repository.",
        ],
        "ssh: connect to host h port 22: Connection refused", "port"
      ),
      (
        ["fatal: unable to access 'https://h/': Failed to connect to h: Couldn't connect to server"],
        "fatal: unable to access 'https://h/': Failed to connect to h: Couldn't connect to server", "network"
      ),
      (
        [
          "fatal: unable to access 'https://h/': gnutls_handshake() failed: "
            + "The TLS connection was non-properly terminated."
        ],
        "fatal: unable to access 'https://h/': gnutls_handshake() failed: "
          + "The TLS connection was non-properly terminated.", "ended"
      ),
      (
        [
          "kex_exchange_identification: read: Connection reset by peer",
          "Connection reset by 127.0.0.1 port 22",
          "fatal: Could not read from remote repository.", "",
          "Please make sure you have the correct access rights", "and the repository exists.",
        ], "Connection reset by 127.0.0.1 port 22", "ended the connection"
      ),
      (
        [
          "Connection timed out during banner exchange", "Connection to 127.0.0.1 port 22 timed out",
          "fatal: Could not read from remote repository.", "",
          "Please make sure you have the correct access rights", "and the repository exists.",
        ], "Connection to 127.0.0.1 port 22 timed out", "does not answer"
      ),
      (
        [
          "fatal: '/repo' does not appear to be a git repository",
          "fatal: Could not read from remote repository.",
        ],
        "fatal: '/repo' does not appear to be a git repository", "GIT_REPO"
      ),
      (
        ["error: unable to write file: No space left on device", "fatal: unpack-objects failed"],
        "fatal: unpack-objects failed", "KEEP_RELEASES"
      ),
    ] as [([String], String?, String)])
  func `git's last words become a cause and an advice`(lines: [String], cause: String?, advice: String) {
    if let cause { #expect(GitDiagnosis.cause(lines) == cause) }
    #expect(GitDiagnosis.advice(lines)?.contains(advice) == true)
    #expect(!GitDiagnosis.isDamage(lines) || advice == "KEEP_RELEASES")
  }

  @Test func `what is unknown gets no advice but still a cause`() {
    #expect(GitDiagnosis.advice(["fatal: something new"]) == nil)
    #expect(GitDiagnosis.cause(["hint: x", "fatal: something new", ""]) == "fatal: something new")
    #expect(GitDiagnosis.cause([""]) == "it said nothing")
  }

  @Test(arguments: [
    "fatal: not a git repository: '/app/shared/repo.git'", "error: object file ./objects/ab/cd is empty",
    "fatal: loose object abcd is corrupt", "fatal: bad object HEAD", "error: inflate: data stream error",
  ])
  func `a damaged mirror is recognized`(line: String) { #expect(GitDiagnosis.isDamage([line])) }

  @Test(arguments: [
    ("https://github.com/a/b.git", "https://github.com"), ("https://host:8443/a", "https://host:8443"),
    ("http://user:pass@host/a", "http://host"), ("https://user@x@host/a", "https://host"),
    ("https://host", "https://host"),
    ("ssh://git@host/a", nil), ("git@host:a/b", nil), ("/srv/repo.git", nil), ("https://", nil),
  ])
  func `a token's origin is the host of a web address`(url: String, origin: String?) {
    #expect(RepositorySource(url: url, branch: "main", isLocal: false, token: nil).webOrigin == origin)
  }

  private func environment(url: String, isLocal: Bool = false, token: RepositorySource.Token? = nil)
    -> GitEnvironment
  {
    GitEnvironment(
      base: ["PATH": "/bin", "GIT_DIR": "/elsewhere", "GIT_SSH_COMMAND": "evil"],
      source: RepositorySource(url: url, branch: "main", isLocal: isLocal, token: token),
      configFile: "/config",
      sshCommand: "ssh -F none")
  }

  @Test func `the token is known to what talks to its host, and to nothing else`() {
    let token = RepositorySource.Token(username: "x-access-token", secret: "hunter2")
    let environment = environment(url: "https://github.com/a/b", token: token)
    #expect(!environment.local.values.contains { $0.contains("hunter2") })
    #expect(environment.remote["BASCULE_GIT_TOKEN"] == "hunter2")
    #expect(environment.remote["GIT_CONFIG_KEY_0"] == "credential.https://github.com.helper")
    #expect(environment.remote["GIT_CONFIG_VALUE_0"]?.contains("hunter2") == false)
    #expect(self.environment(url: "git@host:a/b", token: token).remote["BASCULE_GIT_TOKEN"] == nil)
  }

  @Test func `nothing of git's own is inherited, nobody is asked, and only safe protocols are spoken`() {
    let environment = environment(url: "https://github.com/a/b")
    for variables in [environment.local, environment.remote] {
      #expect(variables["PATH"] == "/bin")
      #expect(variables["GIT_DIR"] == nil)
      #expect(variables["GIT_CONFIG_GLOBAL"] == "/config")
      #expect(variables["GIT_TERMINAL_PROMPT"] == "0")
      #expect(variables["GIT_ALLOW_PROTOCOL"] == "https:http:ssh")
    }
    #expect(environment.local["GIT_SSH_COMMAND"] == nil)
    #expect(environment.remote["GIT_SSH_COMMAND"] == "ssh -F none")
    let local = self.environment(url: "/srv/repo", isLocal: true)
    #expect(local.local["GIT_ALLOW_PROTOCOL"] == "https:http:ssh:file")
  }

  @Test(arguments: [
    ("0123abc", true), ("0123ABC", true), (String(repeating: "a", count: 40), true), ("abcdef", false),
    ("main", false),
    ("012345g", false), (String(repeating: "a", count: 65), false), ("", false),
  ])
  func `a commit's hash is told from a name`(text: String, isHash: Bool) {
    #expect(Git.isCommitHash(text) == isHash)
  }
}
