import Foundation

/// The sources as they lie on disk.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func sources() throws -> [SourceFile] {
    try ["Sources", "entrypoint"].flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
        .filter { ["swift", "c", "h"].contains($0.split(separator: ".").last) }
        .map { SourceFile(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
    }
  }

  static func modules() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: "\(root)/Sources")).union(["entrypoint"])
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
  }
}
