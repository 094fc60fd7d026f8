import History
import JSON
import Linux
import Log
import Pipeline
import Releases

extension Project {
  /// What the manager before this one left behind: what waited waits on; what ran did not survive, unless it had come
  /// so far that its release is the one to bring up.
  func settleQueue() {
    guard let unfinished = try? history.unfinished(of: slug) else { return }
    for deployment in unfinished {
      if deployment.state == .queued {
        _ = logs.log(of: deployment.id)
        if let replaced = queue.add(deployment) {
          finish(replaced, as: .superseded, error: "superseded by deployment #\(deployment.id)")
        }
      } else if let number = deployment.release, number == settlement?.current.number {
        switched = deployment
      } else {
        interrupted(deployment)
      }
    }
  }

  /// On record as running: the one that runs, and one whose end is known only when its release is up again.
  var underWay: [Deployment] { [switched, queue.running].compactMap { $0 } }

  private func interrupted(_ deployment: Deployment) {
    finish(
      deployment, as: .interrupted,
      error: "the manager ended while deployment #\(deployment.id) ran; deploy again")
  }

  /// That manager ended between the switch and the record of it. Whether it is a success is known only now.
  func settleSwitched(_ outcome: Handoff.Outcome) {
    guard let deployment = switched, !isStopping else { return }
    switched = nil
    guard case .live(let release) = outcome, release.number == deployment.release else {
      return interrupted(deployment)
    }
    conclude(deployment, live: release.number)
    tidyUp { [self] in await enter(deployment) }
  }

  private func conclude(_ deployment: Deployment, live number: Int) {
    var finished = deployment
    finished.state = .success
    finished.exitCode = 0
    finished.finishedAt = .now
    record(finished)
    tell(finished)
    logger.info("deployment #\(finished.id) had made release \(number) live when the manager ended")
    let log = logs.log(of: finished.id)
    let told = lastEvents(of: finished.id)
    var complete = DeploymentEvent(.complete, "Release \(number) is live")
    complete.code = 0
    var end = DeploymentEvent(.end, "")
    end.code = 0
    for event in [complete, end] where !told.contains(event.kind.rawValue) {
      log.append(event.json.text, essential: true)
    }
    logs.finish(finished.id)
  }

  /// The stream may have come further than the record.
  private func lastEvents(of id: Int64) -> [String] {
    let reader = logs.reader(of: id)
    let lines = reader.lines(from: max(0, reader.size - 4096)).split(separator: 0x0a)
    return lines.compactMap { (try? JSONDocument(bytes: Array($0)))?.root["type"]?.string }
  }
}
