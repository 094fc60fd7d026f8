import Front
import Linux
import Log
import Releases
import Settings

extension Manager {
  static func makeFront(_ settings: Settings, _ layout: Layout, _ log: Log) throws(ReleaseError)
    -> (Front, FileDescriptor)
  {
    do throws(SystemError) {
      // Through the folder's descriptor: APP_ROOT may be too deep for a socket's path.
      let (webhook, shared) = try Socket.shortPath(layout.webhookSocket)
      var configuration = FrontConfiguration(settings.front)
      configuration.webhook = (settings.webhookPath, .unix(webhook))
      let lines = AccessLogLines(log)
      configuration.writeAccessLog = { lines.add($0) }
      return (try Front(configuration), shared)
    } catch {
      throw ReleaseError("The front cannot be made: \(error).", cause: error)
    }
  }
}

extension FrontConfiguration {
  init(_ settings: Settings.Front) {
    self.init()
    loops = settings.threads
    limits.holdTime = settings.holdTimeout
    limits.held = settings.holdLimit
    trustedProxies = TrustedProxies(of: settings)
    assetPaths = settings.assetPaths
    accessLog =
      switch settings.accessLog {
      case .off: .off
      case .text: .text
      case .json: .json
      }
  }
}

extension TrustedProxies {
  /// The setting was checked when it was read.
  init(of settings: Settings.Front) {
    self = (try? TrustedProxies(parsing: settings.trustedProxies)) ?? .none
  }
}
