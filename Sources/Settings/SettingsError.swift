/// Every setting that cannot be right, one line each. The program says them and exits with 78.
package struct SettingsError: Error, Equatable, CustomStringConvertible {
  package let lines: [String]

  package var description: String { lines.joined(separator: "\n") }
}

/// Why one value was not taken: a clause that goes on from "NAME holds VALUE, ". Empty where the list of
/// what the setting may hold says it all.
struct Refusal: Error, Equatable {
  let reason: String

  init(_ reason: String = "") { self.reason = reason }
}
