import Foundation

/// What the tests need from the machine they run on.
enum Toolbox {
  static let support = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Support").path
  static let checkout = URL(filePath: support).deletingLastPathComponent().deletingLastPathComponent().path

  static var bascule: String {
    get throws { try existing("BASCULE_BINARY", made: "swift build -c release -Xswiftc -static-stdlib") }
  }

  /// The folder with `bun` and `bunx`.
  static var bun: String {
    get throws { try existing("BASCULE_BUN", made: "./console test") }
  }

  /// The folder with httpx-sse and sseclient-py.
  static var sseClients: String {
    get throws { try existing("BASCULE_SSE_CLIENTS", made: "./console test") }
  }

  /// The folder with check-jsonschema, and with the YAML reader that it uses.
  static var checkJSONSchema: String {
    get throws { try existing("BASCULE_CHECK_JSONSCHEMA", made: "./console test") }
  }

  static var hadolint: String {
    get throws { try existing("BASCULE_HADOLINT", made: "./console test") }
  }

  static func path() throws -> String {
    try bun + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  }

  static func find(_ program: String, package: String) throws -> String {
    for folder in try path().split(separator: ":") {
      let candidate = "\(folder)/\(program)"
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    throw Failure("\(program) is missing. Install it with: apt-get install \(package)")
  }

  static func requireRoot(for purpose: String) throws {
    guard geteuid() == 0 else { throw Failure("\(purpose) needs root: run ./console test as root") }
  }

  static func limit(_ variable: String, otherwise: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap(Int.init) ?? otherwise
  }

  private static func existing(_ variable: String, made command: String) throws -> String {
    guard let path = ProcessInfo.processInfo.environment[variable] else {
      throw Failure("\(variable) is not set: run the tests with ./console test")
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure("\(variable) names \(path), which is not there. Make it with: \(command)")
    }
    return path
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
