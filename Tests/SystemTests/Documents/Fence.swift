import Foundation

/// A block of code in a document. Its first word names the language, the second who runs it: see `Place`.
struct Fence: CustomStringConvertible {
  /// Where a reader would type it.
  enum Place: String, CaseIterable {
    /// In a checkout of this repository.
    case checkout
    /// In a shell in the container.
    case container
    /// On a machine with Docker, in a checkout.
    case host
    /// Nobody runs it here: it needs somebody's own things. Why, the rest of the line has to say.
    case byHand = "by-hand"
  }

  let document: String
  let line: Int
  let language: String
  let place: Place?
  let reason: String
  let text: String

  var description: String { "\(document):\(line)" }
  var isShell: Bool { ["sh", "bash", "shell", "console"].contains(language) }

  static let documents = [
    "README.md", "docs/operating.md", "docs/security.md", "docs/migrating.md", "docs/architecture.md",
  ]

  static func all(of place: Place) throws -> [Fence] {
    try documents.flatMap { try fences(in: $0) }.filter { $0.place == place }
  }

  static func fences(in document: String) throws -> [Fence] {
    let lines = try String(contentsOfFile: "\(Toolbox.checkout)/\(document)", encoding: .utf8)
      .components(separatedBy: "\n")
    var found: [Fence] = []
    var opening: (line: Int, indentation: Int, info: String)?
    var text: [String] = []
    for (index, line) in lines.enumerated() {
      let indentation = line.prefix { $0 == " " }.count
      let content = line.dropFirst(indentation)
      if let open = opening {
        if content == "```" {
          found.append(Fence(document, open.line, open.info, text.joined(separator: "\n") + "\n"))
          opening = nil
        } else {
          text.append(String(line.dropFirst(min(indentation, open.indentation))))
        }
      } else if content.hasPrefix("```") {
        opening = (index + 1, indentation, String(content.dropFirst(3)))
        text = []
      }
    }
    guard opening == nil else { throw Failure("\(document): a block of code is never closed") }
    return found
  }

  private init(_ document: String, _ line: Int, _ info: String, _ text: String) {
    let words = info.split(separator: " ", maxSplits: 2).map(String.init)
    self.document = document
    self.line = line
    language = words.first ?? ""
    place = words.dropFirst().first.map { $0.hasSuffix(":") ? String($0.dropLast()) : $0 }.flatMap(Place.init)
    reason = words.count > 2 ? words[2] : ""
    self.text = text
  }
}
