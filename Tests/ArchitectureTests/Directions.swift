/// The layers, lowest first, and what each module may import: nothing beside it, nothing above it.
enum Directions {
  static let layers: [[String]] = [
    ["CLinux", "COpenSSL", "CSQLite", "CZlib"],
    ["Linux", "JSON", "Crypto", "SQLite", "Gzip"],
    ["Log", "HTTP"],
    ["Server", "Front", "Supervisor"],
    ["Settings", "Releases", "Pipeline", "History", "Access", "Notify"],
    ["Control"],
    ["Manager"],
    ["Drill"],
    ["entrypoint"],
  ]

  static let allowed: [String: Set<String>] = [
    "CLinux": [], "COpenSSL": [], "CSQLite": [], "CZlib": [],

    "Linux": ["CLinux"],
    "JSON": [],
    "Crypto": ["COpenSSL"],
    "SQLite": ["CSQLite"],
    "Gzip": ["CZlib"],
    "Log": ["Linux", "Crypto", "JSON"],

    "HTTP": ["JSON"],
    "Server": ["CLinux", "Linux", "HTTP"],
    "Front": ["CLinux", "Linux"],
    "Supervisor": ["CLinux", "Linux", "Log", "HTTP"],

    "Settings": ["Linux", "Crypto"],
    "Releases": ["Linux", "JSON"],
    "Pipeline": ["Linux", "JSON"],
    "History": ["Linux", "SQLite", "Gzip", "JSON"],
    "Access": ["Linux", "Crypto", "JSON", "HTTP"],
    "Notify": ["Linux", "JSON", "Crypto"],

    "Control": ["Linux", "Log", "JSON", "HTTP", "Server", "Access", "History"],
    "Manager": [
      "Linux", "Log", "JSON", "HTTP", "Server", "Front", "Supervisor", "Settings", "Releases", "Pipeline",
      "History", "Access", "Notify", "Control",
    ],
    "Drill": ["Linux", "JSON", "HTTP", "Supervisor", "Settings"],
    "entrypoint": [
      "Linux", "Log", "JSON", "HTTP", "Front", "Supervisor", "Settings", "Releases", "Manager", "Drill",
    ],
  ]

  /// Of the system itself. Foundation is not among them: it is 44 MB of ICU, and its Process fights our reaper.
  static let system: Set<String> = ["Glibc", "Synchronization"]

  /// Words of C that have one owner.
  static let owners: [(words: Set<String>, modules: Set<String>, reason: String)] = [
    (
      ["waitpid", "waitid", "wait3", "wait4"], ["Supervisor", "CLinux"],
      "two reapers take each other's children; ask Supervisor"
    ),
    (
      ["getenv", "secure_getenv", "environ", "setenv", "putenv", "unsetenv"], ["Settings"],
      "the environment is read by Settings alone"
    ),
    (["unowned"], [], "it ends the process when it is wrong; take weak, or hold the object"),
  ]

  static let longestFile = 400
}
