import JSON

extension Chat {
  package static func slack(_ url: String, kinds: Set<NewsKind>) -> Chat {
    Chat(name: "slack", title: "Slack", url: url, kinds: kinds) { words in
      let lines = ["\(words.mark) *\(escape(words.headline))*"] + words.details.map(escape)
      let link = words.url.map { ["<\(escape($0))|Show the deployment>"] } ?? []
      return ["text": .string((lines + link).joined(separator: "\n"))]
    }
  }

  /// The three that Slack gives a meaning, `<!channel>` among it. There is no escape for its `*` and `_`.
  private static func escape(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}
