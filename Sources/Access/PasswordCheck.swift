import Crypto
import Linux

/// Compares digests, whose length says nothing about the password's, under a key that nobody outside knows.
package struct PasswordCheck: Sendable {
  private let key = RandomBytes.make(32)
  private let expected: [UInt8]

  package init(_ password: String) {
    expected = HMACSHA256.authenticate(key: key, message: Array(password.utf8))
  }

  package func matches(_ password: String) -> Bool {
    constantTimeEqual(HMACSHA256.authenticate(key: key, message: Array(password.utf8)), expected)
  }
}
