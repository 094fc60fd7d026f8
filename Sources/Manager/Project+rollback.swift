import Control
import History
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  /// Relink and hand over: no git, no build, no network.
  func rollback(to name: String?, actor: String) async throws(ControlFailure) -> Release {
    if let lock = hold(.lock) { throw ControlFailure(.locked, lock.sentence) }
    // It must not wait until a deployment that a push began has given up.
    if case .success = await target(of: name), let running = queue.running, running.isAutomatic {
      _ = cancel(running.id, by: "the rollback of \(actor)")
    }
    let result = await exclusively { () -> Result<Release, ControlFailure> in
      do throws(ControlFailure) {
        return .success(try await rollBackNow(to: name, actor: actor))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func rollBackNow(to name: String?, actor: String) async throws(ControlFailure) -> Release {
    let before = handoff.live?.release.number ?? wanted
    let target = try await target(of: name).get()
    guard target != handoff.live?.release.number else {
      throw ControlFailure(.conflict, "release \(target) is live already")
    }
    let narrator = narrator("rollback")
    narrator.info("\(actor) rolls back to release \(target)")
    let fallbacks = [before].compactMap { $0 }.filter { $0 != target }
    let outcome = await switchTo(
      Handoff.Request(target: target, fallbacks: fallbacks, lastResort: before, takesWarm: true),
      trial: Trial(fallbacks: fallbacks), narrator)
    switch outcome {
    case .live(let release):
      await rolledBack(to: release, from: before, actor: actor)
      return release
    case .kept(let release, let error):
      throw ControlFailure(.failed, "\(error.message); release \(release.number) serves on")
    case .fellBack(let release, let error):
      throw ControlFailure(.failed, "\(error.message); release \(release.number) serves again")
    case .down(let error), .refused(let error): throw ControlFailure(.failed, error.message)
    }
  }

  private func target(of name: String?) async -> Result<Int, ControlFailure> {
    do throws(DeployError) {
      if let name { return .success(try await desk.resolve(name)) }
      if let before = handoff.live?.release.number ?? wanted,
        let previous = try await desk.rollbackTarget(from: before)
      {
        return .success(previous)
      }
      return .failure(ControlFailure(.missing, "there is no older good release to go back to"))
    } catch {
      return .failure(ControlFailure(.missing, error.message))
    }
  }

  /// The next push would undo what a person has just done, so it has to wait for a word.
  private func rolledBack(to release: Release, from before: Int?, actor: String) async {
    if let failure = await desk.logRollback(to: release.number, actor: actor) { logger.warn(failure) }
    recordSwitch(to: release, from: before, trigger: "rollback", actor: actor, note: nil)
    pause(after: release, by: actor)
  }

  /// Also for what is on its way already, unless a person asked for it.
  func pause(after release: Release, by actor: String) {
    let pause = Hold(kind: .pause, reason: "rolled back to release \(release.number)", owner: actor)
    if (try? history.set(pause, project: slug)) == nil {
      logger.warn("the pause after the rollback could not be recorded: the next push will deploy")
    }
    if let running = queue.running, running.isAutomatic {
      _ = cancel(running.id, by: "the rollback of \(actor)")
    }
  }
}
