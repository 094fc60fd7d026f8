import Settings
import Testing

@Suite struct SSHKeyTests {
  @Test(arguments: [Keys.ed25519, Keys.rsa, Keys.ecdsa, Keys.pkcs8])
  func `every kind of key comes through every spelling unchanged`(key: String) throws {
    let unfinished = String(key.dropLast())
    let spellings = [
      key,
      unfinished,
      key.replacing("\n", with: "\r\n"),
      key.replacing("\n", with: "\r"),
      key.replacing("\n", with: "\\n"),
      key.replacing("\n", with: "\\r\\n"),
      key.replacing("\n", with: "\\\\n"),
      "\"\(key.replacing("\n", with: "\\n"))\"",
      "'\(key)'\n",
      "\n  \(key.replacing("\n", with: "\n  "))",
      key.replacing("\n", with: " "),
      Keys.base64(key),
      Keys.base64(unfinished) + "\n",
      Keys.base64(key, inLines: true),
      Keys.base64(key.replacing("\n", with: "\r\n")),
      "\"\(Keys.base64(key))\"",
    ]
    for spelling in spellings { #expect(try load(["GIT_SSH_KEY": spelling]).sshKey == key) }
  }

  @Test func `a key may come from a file`() throws {
    #expect(try load(["GIT_SSH_KEY_FILE": "/key"], files: ["/key": Keys.ed25519]).sshKey == Keys.ed25519)
  }

  @Test func `a key without any line breaks gets them back`() throws {
    let lines = Keys.ed25519.split(separator: "\n")
    let glued = "\(lines[0])\(lines[1..<(lines.count - 1)].joined())\(lines[lines.count - 1])"
    let key = try #require(try load(["GIT_SSH_KEY": glued]).sshKey)
    #expect(key.replacing("\n", with: "") == glued)
    #expect(key.split(separator: "\n").allSatisfy { $0.count <= 76 })
  }

  @Test(arguments: [
    (Keys.ed25519WithPassphrase, "passphrase"), (Keys.rsaWithPassphrase, "passphrase"),
    (Keys.pkcs8WithPassphrase, "passphrase"), (Keys.base64(Keys.ed25519WithPassphrase), "passphrase"),
    (Keys.publicHalf, "public half"), ("PuTTY-User-Key-File-3: ssh-ed25519", "PuTTY"),
    ("no key at all", "does not begin with"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "certificate"),
    (String(Keys.ed25519.dropLast(20)), "cut off"), (Keys.ed25519.replacing("\nb3", with: "\n*"), "damaged"),
  ])
  func `what is no usable key is refused with the reason, and not shown`(key: String, reason: String) {
    let lines = refusal(["GIT_SSH_KEY": key])
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("GIT_SSH_KEY holds \(key.utf8.count) bytes (not shown), ") == true)
    #expect(lines.first?.contains(reason) == true)
    #expect(lines.first?.contains(key) == false)
  }

  @Test(arguments: ["KEY----", "KEY---1--", "KEY", "KEY- - - - -", "KEY–––––"])
  func `a key whose first line is damaged is not shown as the name of its kind`(end: String) {
    let key = Keys.ed25519.replacing("KEY-----\n", with: end + "\n", maxReplacements: 1)
    for spelling in [key, key.replacing("\n", with: "\\n"), Keys.base64(key), key.replacing("\n", with: "")] {
      let lines = refusal(["GIT_SSH_KEY": spelling])
      #expect(lines.count == 1 && lines[0].contains("first line"), "\(lines)")
      #expect(
        Keys.ed25519.split(separator: "\n").dropFirst().dropLast().allSatisfy { !lines[0].contains($0) },
        "\(lines)")
    }
  }

  @Test func `every telling line of a key is masked`() throws {
    let settings = try load(["GIT_SSH_KEY": Keys.base64(Keys.rsa)])
    for line in Keys.rsa.split(separator: "\n") where line.count > 40 {
      #expect(settings.secrets.contains(String(line)))
    }
    #expect(settings.secrets.contains(Keys.base64(Keys.rsa)))
    #expect(!settings.secrets.contains("PRIVATE"))
  }
}
