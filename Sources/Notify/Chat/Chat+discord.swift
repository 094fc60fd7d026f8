import JSON

extension Chat {
  package static func discord(_ url: String, kinds: Set<NewsKind>) -> Chat {
    Chat(name: "discord", title: "Discord", url: url, kinds: kinds) { words in
      let link = words.url.map { ["<\($0)>"] } ?? []
      let text =
        (["\(words.mark) **\(escape(words.headline))**"] + words.details.map(escape)).joined(separator: "\n")
      let end = link.map { "\n" + $0 }.joined()
      // It refuses what is longer than 2000, and counts an emoji as two.
      let room = 1900 - end.unicodeScalars.count
      return [
        "content": .string(text.clipped(to: max(100, room)) + end),
        // Nobody is called by what a commit message says.
        "allowed_mentions": ["parse": []],
      ]
    }
  }

  private static func escape(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if "\\*_~`|>[]<#@".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
