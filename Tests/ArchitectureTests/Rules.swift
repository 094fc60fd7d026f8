/// What is wrong with a file, a sentence each.
enum Rules {
  static func violations(in file: SourceFile) -> [String] {
    imports(file) + owners(file) + length(file)
  }

  private static func imports(_ file: SourceFile) -> [String] {
    guard let allowed = Directions.allowed[file.module] else {
      return ["\(file.path): \(file.module) has no line in the table of directions"]
    }
    let permitted = allowed.union(Directions.system)
    return file.imports.filter { !permitted.contains($0) }
      .map { "\(file.path): \(file.module) may not import \($0)" }
  }

  private static func owners(_ file: SourceFile) -> [String] {
    Directions.owners.flatMap { owner in
      owner.modules.contains(file.module)
        ? []
        : owner.words.intersection(file.words).map { "\(file.path): \($0): \(owner.reason)" }
    }
  }

  private static func length(_ file: SourceFile) -> [String] {
    file.lineCount > Directions.longestFile
      ? ["\(file.path): \(file.lineCount) lines; split it at \(Directions.longestFile)"] : []
  }
}
