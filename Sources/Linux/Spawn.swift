import CLinux
import Glibc

/// Whom a child runs as.
package struct Identity: Sendable, Equatable {
  package let uid: uid_t
  package let gid: gid_t
  package let groups: [gid_t]

  package init(uid: uid_t, gid: gid_t, groups: [gid_t]) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
  }

  /// One group more: nobody but root can leave it again.
  package func marked(by group: gid_t?) -> Identity {
    Identity(uid: uid, gid: gid, groups: groups + (group.map { [$0] } ?? []))
  }
}

/// What is needed to start a program. Every child gets a process group of its own, default signal
/// dispositions, an empty mask and no descriptor but its three.
package struct Spawn: Sendable {
  package var program: String
  package var arguments: [String]
  package var environment: [String: String]
  package var directory: String?
  package var identity: Identity?
  package var input: Int32 = -1
  package var output: Int32
  package var error: Int32
  package var newSession = true
  package var takesTerminal = false
  package var niceness: Int32 = 0
  package var diesWithParent = true
  /// How many processes and threads the child's user may have before the child can make no more; 0: no such limit.
  package var processLimit: UInt64 = 0

  /// `arguments` includes the program's own name, first.
  package init(
    program: String, arguments: [String], environment: [String: String], output: Int32, error: Int32
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.output = output
    self.error = error
  }

  /// Starts it and returns its pid, which is also its process group. Only ProcessTable calls this.
  package func start() throws(SystemError) -> pid_t {
    let null = input < 0 ? try FileDescriptor.open("/dev/null", O_RDONLY) : nil
    let argumentTable = CStringTable(arguments)
    let environmentTable = CStringTable(environment.map { "\($0.key)=\($0.value)" })
    var failedCall: UnsafePointer<CChar>?
    let groups = identity?.groups ?? []
    let pid: pid_t = program.withCString { program in
      groups.withUnsafeBufferPointer { groups in
        argumentTable.withPointer { arguments in
          environmentTable.withPointer { environment in
            withOptionalCString(directory) { directory in
              var request = clinux_spawn(
                path: program, arguments: arguments, environment: environment, directory: directory,
                input: null?.raw ?? input, output: output, error: self.error,
                new_session: newSession ? 1 : 0, take_terminal: takesTerminal ? 1 : 0,
                change_user: identity == nil ? 0 : 1, user: identity?.uid ?? 0,
                group: identity?.gid ?? 0, groups: groups.baseAddress, group_count: groups.count,
                niceness: niceness, dies_with_parent: diesWithParent ? 1 : 0,
                descriptor_limit: DescriptorLimit.ofChildren, process_limit: processLimit)
              return clinux_spawn(&request, &failedCall)
            }
          }
        }
      }
    }
    let code = errno
    null?.close()
    if pid > 0 { return pid }
    let call = failedCall.map { String(cString: $0) } ?? "start"
    let subject = call == "chdir" ? directory ?? "" : program
    throw SystemError(code: code, operation: call == "execve" ? "start" : call, subject: subject)
  }

  private func withOptionalCString<Value>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Value) -> Value
  {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }
}

/// A null-terminated array of C strings, as execve wants it.
private final class CStringTable {
  private let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }

  func withPointer<Value>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
    pointers.withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: UnsafePointer<CChar>?.self) { body($0.baseAddress) }
    }
  }
}
