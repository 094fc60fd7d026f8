import JSON
import Linux

/// What both of its channels need to know.
package struct GitHub: Sendable {
  let api: String
  let host: String
  private let token: String

  package static let publicAPI = "https://api.github.com"

  package init(token: String, api: String = GitHub.publicAPI) {
    self.token = token
    self.api = api.hasSuffix("/") ? String(api.dropLast()) : api
    host = WebAddress(api)?.shown ?? "GitHub"
  }

  /// `owner/name` when that is where `url` leads: a project elsewhere has no commit to put a state on.
  package func repository(of url: String) -> String? {
    guard let (host, path) = Self.split(url), hosts.contains(host) else { return nil }
    var parts = path.split(separator: "/").map(String.init)
    if let last = parts.popLast() { parts.append(last.hasSuffix(".git") ? String(last.dropLast(4)) : last) }
    guard parts.count == 2, parts.allSatisfy(Self.isName) else { return nil }
    return parts.joined(separator: "/")
  }

  /// An own server has its API below its own name (`/api/v3`) or at `api.`.
  private var hosts: Set<String> {
    guard let host = WebAddress(api)?.host else { return [] }
    let web = host.hasPrefix("api.") ? String(host.dropFirst(4)) : host
    return [host, web, "ssh." + web]
  }

  private static func split(_ url: String) -> (host: String, path: String)? {
    if let address = WebAddress(url) { return (address.host, address.path) }
    // git's short form: a colon before the first slash makes it a host and a path.
    guard let colon = url.firstIndex(of: ":"), !url[..<colon].contains("/") else { return nil }
    let host = url[..<colon].split(separator: "@").last ?? ""
    return (host.lowercased(), String(url[colon...].dropFirst()))
  }

  private static func isName(_ text: String) -> Bool {
    text != "." && text != ".." && !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// A whole hash: nothing else names a commit there, or is safe in a path.
  static func commit(_ text: String?) -> String? {
    guard let text, [40, 64].contains(text.utf8.count),
      text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    return text
  }

  // MARK: Requests

  func post(_ path: String, _ body: JSONValue) -> Transfer {
    .post(api + path, json: body.bytes, headers: headers)
  }

  func get(_ path: String) -> Transfer { .get(api + path, headers: headers) }

  private var headers: [Transfer.Header] {
    [
      Transfer.Header("Accept", "application/vnd.github+json"),
      Transfer.Header("Authorization", "Bearer \(token)"),
      Transfer.Header("X-GitHub-Api-Version", "2022-11-28"),
    ]
  }

  /// With GitHub's own words where it has some: they name the right that the token lacks.
  func outcome(_ outcome: TransferOutcome) -> DeliveryOutcome {
    let result = DeliveryOutcome(outcome, from: host)
    guard case .answered(let answer) = outcome, let root = try? JSONDocument(bytes: answer.body).root,
      let words = root["message"]?.string.map({ $0.oneLine.clipped(to: 200) }), !words.contains(token)
    else { return result }
    return switch result {
    case .later(let reason, let after): .later("\(reason): \(words)", after: after)
    case .never(let reason): .never("\(reason): \(words)")
    default: result
    }
  }

  @MainLoop func test(by sender: any Sender) async -> DeliveryOutcome {
    // Also for tokens that stand for no user.
    outcome(await sender.send(get("/rate_limit")))
  }
}
