import Linux

/// The variables and the configuration file under which every git command runs.
package struct GitEnvironment: Sendable {
  private let base: [String: String]
  private let source: RepositorySource
  private let configFile: String
  private let sshCommand: String?

  package init(
    base: [String: String], source: RepositorySource, configFile: String, sshCommand: String?
  ) {
    self.base = base
    self.source = source
    self.configFile = configFile
    self.sshCommand = sshCommand
  }

  /// Written once at start. A file and not -c options: those do not reach the upload-pack that serves a
  /// local repository, and safe.directory has to.
  package static let configuration = """
    [safe]
    \tdirectory = *
    [core]
    \thooksPath = /dev/null
    \tfsmonitor = false
    [gc]
    \tauto = 0
    [fetch]
    \twriteCommitGraph = false
    [advice]
    \tdetachedHead = false
    [init]
    \tdefaultBranch = main
    [user]
    \tname = Bascule
    \temail = bascule@localhost

    """

  /// For commands that stay on this machine.
  package var local: [String: String] {
    var variables = base.filter { !$0.key.hasPrefix("GIT_") }
    variables["GIT_CONFIG_GLOBAL"] = configFile
    variables["GIT_CONFIG_NOSYSTEM"] = "1"
    variables["GIT_TERMINAL_PROMPT"] = "0"
    variables["GIT_OPTIONAL_LOCKS"] = "0"
    variables["LC_ALL"] = "C.UTF-8"
    // Refuses ext:: and whatever else a submodule may think of.
    variables["GIT_ALLOW_PROTOCOL"] = source.isLocal ? "https:http:ssh:file" : "https:http:ssh"
    return variables
  }

  /// For those that talk to the repository's host: the only children that may know the token.
  package var remote: [String: String] {
    var variables = local
    variables["GIT_SSH_COMMAND"] = sshCommand ?? "ssh -o BatchMode=yes"
    // What it starts with may be a variable.
    variables["GIT_SSH_VARIANT"] = "ssh"
    guard let token = source.token, let origin = source.webOrigin else { return variables }
    variables["BASCULE_GIT_USERNAME"] = token.username
    variables["BASCULE_GIT_TOKEN"] = token.secret
    // Bound to the host, so that a submodule elsewhere is never sent the token.
    variables["GIT_CONFIG_COUNT"] = "1"
    variables["GIT_CONFIG_KEY_0"] = "credential.\(origin).helper"
    variables["GIT_CONFIG_VALUE_0"] =
      #"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$BASCULE_GIT_USERNAME" "$BASCULE_GIT_TOKEN"; }; f"#
    return variables
  }
}
