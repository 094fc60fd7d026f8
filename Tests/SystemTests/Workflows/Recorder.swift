import Foundation

/// Stands in the way of programs and writes down how they are called.
struct Recorder {
  private let folder: String
  private let runsThem: Bool

  init(of programs: [String], in workspace: Workspace, runsThem: Bool = true) throws {
    self.runsThem = runsThem
    folder = workspace.fresh("files")
    try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: true)
    for program in programs {
      if runsThem { _ = try Toolbox.find(program, package: program) }
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/bin/\(program)", withDestinationPath: Toolbox.support + "/recorded")
    }
  }

  var environment: [String: String] {
    get throws {
      let path = try Toolbox.path()
      return [
        "PATH": "\(folder)/bin:\(path)", "RECORDED": folder + "/calls", "RECORDED_PATH": runsThem ? path : "",
      ]
    }
  }

  /// Each with its arguments.
  var commands: [String] { text("calls").split(separator: "\n").map(String.init) }
  /// What they were given to read, where they did not run.
  var input: String { text("calls.input") }

  private func text(_ name: String) -> String {
    String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
  }
}
