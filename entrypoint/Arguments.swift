/// What follows the verb, checked against what it knows.
struct Arguments {
  private var flags: Set<String> = []
  private var values: [String: [String]] = [:]
  private(set) var positional: [String] = []

  init(
    _ words: [String], flags known: Set<String> = [], values named: Set<String> = [],
    positional limit: Int = 0
  )
    throws(UsageError)
  {
    var rest = words[...]
    while let word = rest.popFirst() {
      let (name, attached) = Self.split(word)
      if known.contains(word) {
        flags.insert(word)
      } else if named.contains(name) {
        guard let value = attached ?? rest.popFirst() else { throw UsageError("\(name) needs a value") }
        values[name, default: []].append(value)
      } else if word.hasPrefix("-"), word != "-" {
        throw UsageError("there is no option \(word)")
      } else {
        positional.append(word)
      }
    }
    if let extra = positional.dropFirst(limit).first { throw UsageError("\(extra) is one word too many") }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// The last one counts.
  subscript(_ name: String) -> String? { values[name]?.last }

  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// `--ref=main` as well as `--ref main`.
  private static func split(_ word: String) -> (name: String, value: String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}

struct UsageError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
