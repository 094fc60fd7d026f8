import Front
import Glibc
import Linux
import Manager
import Releases
import Settings

/// `bascule run`: the manager itself.
enum RunVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let signals = try Signals.take()
    FileDescriptor.keepInheritedFromChildren()
    Secrecy.hideEnvironment()
    DescriptorLimit.raise()
    let settings = try Settings.load(checks: [
      "SHARED_PATHS": { SharedPaths.problem(in: $0) },
      "TRUSTED_PROXIES": { TrustedProxies.problem(in: $0) },
    ])
    EventLoop.main.becomeOnlyExecutor()
    do {
      return try MainLoop.assumeIsolated { try Manager(settings: settings).run(signals: signals) }
    } catch let error as StartError {
      Terminal.error(error.message)
      return error.exitCode
    }
  }
}
