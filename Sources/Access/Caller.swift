/// Who asks, once that is proven.
package struct Caller: Sendable, Equatable {
  /// The `sub` of a token, the user of the command line, `admin` for the password's session.
  package let name: String
  package let isAdmin: Bool

  package init(name: String, isAdmin: Bool) {
    self.name = name
    self.isAdmin = isAdmin
  }

  /// Anyone but an admin sees and touches only what is their own.
  package func maySee(ownedBy owner: String?) -> Bool {
    // Byte for byte: `==` would take one spelling of an accent for the other, which the database does not.
    isAdmin || owner?.utf8.elementsEqual(name.utf8) == true
  }
}
