/// The settings about the public port, and about who answers behind it.
extension SettingsReader {
  mutating func front() -> Settings.Front {
    Settings.Front(
      threads: count("FRONT_THREADS", otherwise: 1, upTo: 64),
      holdTimeout: duration("HOLD_TIMEOUT", otherwise: .seconds(30)),
      holdLimit: count("HOLD_LIMIT", otherwise: 1000, upTo: 1_000_000),
      trustedProxies: value("TRUSTED_PROXIES") ?? "",
      assetPaths: assetPaths(),
      accessLog: read("ACCESS_LOG", otherwise: .off, allowed: "off, text or json") { text throws(Refusal) in
        guard let format = Settings.AccessLog(rawValue: text) else { throw Refusal() }
        return format
      })
  }

  /// A port that is the app's own can only mean `in-place`: two releases cannot listen on one port at once.
  mutating func handoff(port: UInt16, controlPort: UInt16) -> Settings.Handoff {
    enum Way: String { case beside, inPlace = "in-place" }
    let way: Way? = read("HANDOFF", otherwise: nil, allowed: "beside or in-place") { text throws(Refusal) in
      guard let way = Way(rawValue: text) else { throw Refusal() }
      return way
    }
    guard value("APP_PORT") != nil else { return way == .inPlace ? .inPlace(port: nil) : .beside }
    let appPort = self.port("APP_PORT", otherwise: 0)
    for (name, taken) in [("PORT", port), (controlPortName, controlPort)] where taken == appPort {
      report("APP_PORT and \(name) are both \(appPort); they may hold two different ports.")
    }
    if way == .beside {
      report(
        "APP_PORT is set, and HANDOFF is beside: two releases cannot listen on one port at once; "
          + "set HANDOFF to in-place, or take APP_PORT away.")
    }
    return .inPlace(port: appPort)
  }

  private mutating func assetPaths() -> [String] {
    read(
      "ASSET_PATHS", otherwise: [],
      allowed: "beginnings of paths, separated by commas, such as /assets/,/_next/static/"
    ) { text throws(Refusal) in
      let paths = Self.list(text)
      guard !paths.isEmpty else { throw Refusal() }
      for path in paths {
        guard path.hasPrefix("/") else {
          throw Refusal("of which \(Self.quoted(path)) does not begin with /")
        }
        guard path.utf8.allSatisfy({ 0x21..<0x7f ~= $0 && $0 != 0x23 && $0 != 0x3f }) else {
          throw Refusal("of which \(Self.quoted(path)) is no part of a path")
        }
      }
      return paths
    }
  }
}
