import History

/// What a project may be called and ask for, whoever else is there.
enum ProjectRules {
  static let longestSlug = 40

  /// A slug is a folder's name, a part of a host and of URLs.
  static func problem(withSlug slug: String) -> String? {
    let isFit =
      1...longestSlug ~= slug.utf8.count && slug.utf8.first != UInt8(ascii: "-")
      && slug.utf8.last != UInt8(ascii: "-")
      && slug.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
      }
    // A route of the API is called so.
    if isFit, slug != "deploy-stream" { return nil }
    return
      "a slug is 1 to \(longestSlug) lower-case letters, digits and hyphens, with no hyphen at an end, and not "
      + "deploy-stream"
  }

  static func problem(withHost host: String) -> String? {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let isFit =
      1...253 ~= host.utf8.count
      && labels.allSatisfy { label in
        1...63 ~= label.utf8.count && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
              || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "-")
          }
      }
    return isFit ? nil : "\(host.prefix(100)) is no host's name: give it as in www.example.org, in lower case"
  }

  /// Against what is there already.
  static func conflict(of wish: ProjectRecord, with others: [ProjectRecord], reservedPorts: [UInt16])
    -> String?
  {
    if others.contains(where: { $0.slug == wish.slug }) { return "there is a project \(wish.slug) already" }
    if let port = wish.port {
      if reservedPorts.contains(port) { return "port \(port) is PORT or CONTROL_PORT" }
      if let other = others.first(where: { $0.port == port }) {
        return "port \(port) is that of project \(other.slug)"
      }
    }
    for host in wish.hosts {
      if let other = others.first(where: { $0.hosts.contains(host) }) {
        return "host \(host) is that of project \(other.slug)"
      }
    }
    return nil
  }
}
