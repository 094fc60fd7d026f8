import Glibc
import Linux

/// Where everything is under APP_ROOT.
package struct Layout: Sendable, Hashable {
  package let root: String

  package init(root: String) { self.root = root }

  package var releases: String { root + "/releases" }
  package var current: String { root + "/current" }
  package var reload: String { releases + "/RELOAD" }
  package var reloadResult: String { releases + "/RELOAD.result" }
  package var revisionsLog: String { root + "/revisions.log" }

  /// All others than the one of this layout.
  package var projects: String { root + "/projects" }

  package var shared: String { root + "/shared" }
  package var ledger: String { shared + "/releases.json" }
  package var trash: String { shared + "/trash" }
  package var lock: String { shared + "/bascule.lock" }
  package var socket: String { shared + "/bascule.sock" }
  package var webhookSocket: String { shared + "/webhook.sock" }
  /// Where apps may make their sockets.
  package var run: String { shared + "/run" }
  package var database: String { shared + "/bascule.db" }
  package var logs: String { shared + "/logs" }
  package var mirror: String { shared + "/repo.git" }
  package var cache: String { shared + "/cache" }
  /// The next release, begun in advance.
  package var spare: String { shared + "/spare" }
  package var ssh: String { shared + "/.ssh" }

  package func release(_ number: Int) -> String { "\(releases)/\(number)" }

  /// The number that a folder's name stands for: digits as Bascule writes them, so not `007`.
  static func number(_ name: some StringProtocol) -> Int? {
    guard let number = Int(name), numbers.contains(number), String(number) == name else { return nil }
    return number
  }

  static let numbers = 1...9_999_999_999
  /// The app's user may make any folder in `releases/`. One with a higher number does not count for the next:
  /// there are always some left after it.
  static let highestFound = 999_999_999
}
