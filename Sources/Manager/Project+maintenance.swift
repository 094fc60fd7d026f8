import Control
import Front
import History
import Linux
import Log

extension Project {
  static let maintenanceText = "We are working on this site and will be back soon."

  /// Written down first: it has to outlive the manager.
  func maintain(_ hold: Hold?) async throws(ControlFailure) {
    do throws(HistoryError) {
      if let hold {
        try history.set(hold, project: slug)
      } else {
        try history.lift(.maintenance, project: slug)
      }
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
    let failure = await withCheckedContinuation { continuation in
      history.whenWritten { continuation.resume(returning: $0) }
    }
    if let failure { throw ControlFailure(.failed, "\(failure)") }
    await showMaintenance()
    logger.info(hold.map(\.sentence) ?? "maintenance is over")
  }

  /// As it is written down.
  func showMaintenance() async { await handoff.site.setMaintenance(self.hold(.maintenance)?.reason) }
}
