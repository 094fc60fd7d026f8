/// `name@host`, or `Name <name@host>`. Nothing in it can end a line or begin another address.
package struct MailAddress: Sendable, Equatable {
  package let name: String?
  package let address: String

  package init?(_ text: String) {
    let text = text.trimmed
    guard text.hasSuffix(">"), let open = text.lastIndex(of: "<") else {
      guard Self.isAddress(text) else { return nil }
      (name, address) = (nil, text)
      return
    }
    let address = String(text[open...].dropFirst().dropLast())
    let name = String(text[..<open]).trimmed.filter { $0 != "\"" }
    guard Self.isAddress(address), name.oneLine == name else { return nil }
    (self.name, self.address) = (name.isEmpty ? nil : name, address)
  }

  /// nil if one of them is none.
  package static func list(_ text: String) -> [MailAddress]? {
    let parts = text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    let addresses = parts.compactMap { MailAddress($0) }
    return addresses.isEmpty || addresses.count < parts.count ? nil : addresses
  }

  var header: String { name.map { "\(EncodedWord.encode($0, always: true)) <\(address)>" } ?? address }

  /// Letters, digits and what is usual; no quotes, no spaces, nothing that is not ASCII.
  private static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254, !text.hasPrefix("-") else { return false }
    return parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { isUsual($0) }
    }
  }

  private static func isUsual(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-/=?^_`{|}~.[]:".utf8.contains(byte)
    }
  }
}

extension String {
  var trimmed: String {
    let isSpace: (Character) -> Bool = { $0.isWhitespace }
    let start = drop(while: isSpace)
    return String(start.prefix(start.count - start.reversed().prefix(while: isSpace).count))
  }
}
