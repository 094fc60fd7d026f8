import Front
import Linux

/// A `--site`: by which hosts and ports it is asked for, and who answers.
struct FrontSite {
  private let hosts: [String]
  private let ports: [UInt16]
  private let target: Target

  init(_ text: String) throws(UsageError) {
    guard let equals = text.lastIndex(of: "="), equals > text.startIndex else {
      throw UsageError("--site \(text) is no HOST=UPSTREAM")
    }
    var (hosts, ports): ([String], [UInt16]) = ([], [])
    for name in text[..<equals].split(separator: ",", omittingEmptySubsequences: false) {
      if name.hasPrefix(":") {
        guard let port = UInt16(name.dropFirst()), port > 0 else {
          throw UsageError("--site \(text) names \(name), which may be :1 to :65535")
        }
        ports.append(port)
      } else if let problem = HostPattern.problem(in: String(name)) {
        throw UsageError("--site \(text) names \(name), \(problem)")
      } else {
        hosts.append(String(name))
      }
    }
    (self.hosts, self.ports) = (hosts, ports)
    target = Target(
      address: try FrontVerb.upstreamAddress(String(text[text.index(after: equals)...]), "--site"))
  }

  /// Its ports are on the address that the front listens on.
  @MainLoop
  func set(up front: Front, beside listen: SocketAddress) async throws(SystemError) {
    let site = await front.addSite()
    await site.serve(target)
    await front.route(hosts, to: site)
    for port in ports { try await front.listen(listen.with(port: port), for: site) }
  }
}
