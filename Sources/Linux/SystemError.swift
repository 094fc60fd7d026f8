import Glibc

/// A system call that failed: what was tried, on what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
  package let code: Int32
  package let operation: String
  package let subject: String

  package init(code: Int32, operation: String, subject: String = "") {
    self.code = code
    self.operation = operation
    self.subject = subject
  }

  package var reason: String { String(cString: strerror(code)) }

  package var description: String {
    subject.isEmpty ? "\(operation): \(reason)" : "\(operation) \(subject): \(reason)"
  }

  package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
  package var isFull: Bool { code == ENOSPC || code == EDQUOT }
  package var isReadOnly: Bool { code == EROFS }
  /// Of descriptors or memory, here or in the whole system.
  package var isShortage: Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }
}

/// The one place that reads errno and knows EINTR.
@discardableResult
package func systemCall<Value: FixedWidthInteger & SignedInteger>(
  _ operation: String, _ subject: @autoclosure () -> String = "", _ body: () -> Value
) throws(SystemError) -> Value {
  while true {
    let value = body()
    if value >= 0 { return value }
    let code = errno
    if code == EINTR { continue }
    throw SystemError(code: code, operation: operation, subject: subject())
  }
}

/// For calls on a non-blocking descriptor: nil where the call would have had to wait.
package func nonBlocking<Value: FixedWidthInteger & SignedInteger>(
  _ operation: String, _ body: () -> Value
) throws(SystemError) -> Value? {
  do throws(SystemError) {
    return try systemCall(operation, "", body)
  } catch {
    if error.code == EAGAIN || error.code == EWOULDBLOCK { return nil }
    throw error
  }
}
