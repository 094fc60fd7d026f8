import Access
import Linux
import Log
import Releases
import Settings

extension Manager {
  static func makeSecrets(_ settings: Settings, _ layout: Layout) throws(ReleaseError) -> MadeSecrets {
    do throws(MadeSecretError) {
      let made = try MadeSecrets(
        folder: layout.shared, jwtSecret: settings.access.jwtSecret,
        adminPassword: settings.access.adminPassword)
      if made.isPasswordNew { show(made, settings) }
      return made
    } catch {
      throw ReleaseError(error.description)
    }
  }

  /// Past the redactor, this once: whoever has started this must be able to log in. At once, since a password that is
  /// made is not made again.
  private static func show(_ made: MadeSecrets, _ settings: Settings) {
    let log = Log(format: settings.logFormat == .json ? .json : .text, redactor: Redactor([]))
    Logger(log, source: "bascule").info(
      "the password of admin is \(made.adminPassword) (made just now, kept in \(made.passwordPath), not shown again)"
    )
    log.flush()
  }
}
