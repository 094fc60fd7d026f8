import Control
import History
import JSON
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  /// Takes an order, or says why not. The answer comes when what it says is written down.
  func order(_ order: DeployOrder, answer: @escaping @MainLoop (OrderAnswer) -> Void) {
    do throws(HistoryError) {
      if let earlier = order.delivery.flatMap(earlier(of:)) {
        return answer(.duplicate(earlier))
      }
      if let hold = hold(.lock) ?? hold(.pause) {
        if order.isAutomatic { return try skip(order, because: hold.sentence, answer) }
        if hold.kind == .lock { return answer(.locked(hold.sentence)) }
        // A deployment by hand is the person's word that things may go on.
        try history.lift(.pause, project: slug)
      }
      if let commit = order.commit, !order.forced {
        if let earlier = duplicate(of: order) { return answer(.duplicate(earlier)) }
        if queue.open.contains(where: { $0.before == commit }) {
          return answer(.ignored("out of order: a newer push than \(commit.prefix(7)) is already on its way"))
        }
        if let live = handoff.live?.release.revision.commit {
          if live == commit { return answer(.ignored("already live: \(commit.prefix(7)) is what runs")) }
          // A push that starts from what is live cannot be older than it: no need to ask git.
          if order.before != live { return checkAncestry(order, commit, live, answer) }
        }
      }
      try enqueue(order, answer)
    } catch {
      answer(.unavailable("the deployment could not be written down: \(error)"))
    }
  }

  private func checkAncestry(
    _ order: DeployOrder, _ commit: String, _ live: String,
    _ answer: @escaping @MainLoop (OrderAnswer) -> Void
  ) {
    Task { @MainLoop in
      if await git.isAncestor(commit, of: live) {
        return answer(
          .ignored("out of order: \(commit.prefix(7)) is older than \(live.prefix(7)), which is live"))
      }
      // The same may have come again while git was asked.
      if let earlier = duplicate(of: order) { return answer(.duplicate(earlier)) }
      do throws(HistoryError) {
        try enqueue(order, answer)
      } catch {
        answer(.unavailable("the deployment could not be written down: \(error)"))
      }
    }
  }

  private func earlier(of delivery: String) -> Int64? {
    history.deployment(ofDelivery: delivery, project: slug)
  }

  /// The same delivery, or the same commit on its way.
  private func duplicate(of order: DeployOrder) -> Int64? {
    if let earlier = order.delivery.flatMap(earlier(of:)) { return earlier }
    guard let commit = order.commit, !order.forced else { return nil }
    return queue.open.first { $0.commit == commit }?.id
  }

  private func enqueue(_ order: DeployOrder, _ answer: @escaping @MainLoop (OrderAnswer) -> Void)
    throws(HistoryError)
  {
    guard !isStopping else {
      return answer(
        .unavailable(isEnding ? "project \(slug) is being removed" : "the manager is stopping"))
    }
    // Whoever waits already keeps its place with the newer commit.
    if queue.waiting == nil, order.trigger != "boot", schedule.isFull { return answer(.full(retryAfter: 30)) }
    let deployment = try history.insert(row(order, .queued))
    let replaced = queue.add(deployment)
    if let replaced {
      // What starts from the other's commit is newer for sure. Else only git can tell, after the fetch.
      if let commit = replaced.commit, replaced.isAutomatic, !order.forced, order.before != commit {
        overtaken[deployment.id] = ((overtaken[replaced.id] ?? []) + [commit]).suffix(8)
      }
      finish(replaced, as: .superseded, error: "superseded by deployment #\(deployment.id)")
    }
    _ = logs.log(of: deployment.id)
    limits[deployment.id] = order.timeout
    logger.info("deployment #\(deployment.id) queued by \(order.actor) (\(order.trigger)): \(order.title)")
    history.whenWritten { [self] failure in
      if let failure {
        _ = queue.withdraw(deployment.id)
        restore(replaced)
        return answer(.unavailable("the deployment could not be written down: \(failure)"))
      }
      answer(.queued(deployment.id))
      pump()
    }
  }

  /// After a commit that failed: it waits on if its row says so.
  private func restore(_ replaced: Deployment?) {
    guard let replaced, queue.waiting == nil,
      ((try? history.deployment(replaced.id)) ?? nil)?.state == .queued
    else { return }
    unrecorded[replaced.id] = nil
    _ = queue.add(replaced)
  }

  private func skip(
    _ order: DeployOrder, because reason: String, _ answer: @escaping @MainLoop (OrderAnswer) -> Void
  ) throws(HistoryError) {
    var skipped = row(order, .skipped)
    skipped.error = reason
    skipped.finishedAt = .now
    let id = try history.insert(skipped).id
    logger.info("a push by \(order.actor) was skipped: \(reason)")
    history.whenWritten { _ in answer(.held(id, reason)) }
  }

  private func row(_ order: DeployOrder, _ state: DeploymentState) -> Deployment {
    var deployment = Deployment(
      project: slug, state: state, trigger: order.trigger, actor: order.actor,
      ref: order.ref ?? settings.branch, commit: order.commit)
    deployment.author = order.author
    deployment.message = order.message
    deployment.delivery = order.delivery
    deployment.before = order.before
    deployment.forced = order.forced
    return deployment
  }

  /// Has the next deployment begin when it is its turn, if none runs.
  func pump() {
    guard isReady, !isStopping, queue.running == nil, queue.waiting != nil else { return }
    schedule.join(slug) { [weak self] in self?.begin() ?? false }
  }

  private func begin() -> Bool {
    guard !isStopping, let next = queue.next() else { return false }
    if let hold = hold(.lock) ?? (next.isAutomatic ? hold(.pause) : nil), next.trigger != "boot" {
      finish(next, as: .skipped, error: hold.sentence)
      queue.finish()
      return false
    }
    runningTask = Task { @MainLoop in
      await deploy(next)
      runningTask = nil
      overtaken[next.id] = nil
      limits[next.id] = nil
      queue.finish()
      schedule.finish(slug)
      pump()
    }
    return true
  }

  func finish(_ deployment: Deployment, as state: DeploymentState, error: String?) {
    var finished = deployment
    finished.state = state
    finished.error = error
    finished.finishedAt = .now
    do throws(HistoryError) {
      try history.conclude(finished)
      tell(finished)
      history.whenWritten { [self] failure in
        if let failure { return notConcluded(finished, failure) }
        tellFollowers(of: finished)
      }
    } catch {
      notConcluded(finished, error)
    }
    overtaken[deployment.id] = nil
    limits[deployment.id] = nil
    logger.info("deployment #\(deployment.id): \(error ?? state.rawValue)")
  }

  /// Tried again when there is room.
  private func notConcluded(_ deployment: Deployment, _ error: HistoryError) {
    logger.warn("deployment #\(deployment.id) could not be recorded as \(deployment.state): \(error)")
    unrecorded[deployment.id] = deployment
    logs.finish(deployment.id)
  }

  /// Of one that never ran, or did not come to its end: its stream gets one all the same.
  private func tellFollowers(of deployment: Deployment) {
    let log = logs.log(of: deployment.id)
    // Of a hundred pushes at once ninety-nine end so, and a file for each would cost more than all the rest.
    if deployment.state == .superseded, !log.isFollowed, log.size == 0 { return logs.finish(deployment.id) }
    var error = DeploymentEvent(.error, redactor.mask(deployment.error ?? deployment.state.rawValue))
    error.code = 1
    error.error = deployment.state.rawValue
    var end = DeploymentEvent(.end, "")
    end.code = 1
    for event in [error, end] { log.append(event.json.text, essential: true) }
    logs.finish(deployment.id)
  }

  /// nil: it was canceled, or is about to be. Else why it cannot be.
  func cancel(_ id: Int64, by actor: String) -> String? {
    if let waiting = queue.withdraw(id) {
      schedule.leave(slug)
      finish(waiting, as: .canceled, error: "canceled by \(actor) while it waited")
      return nil
    }
    if let switched, switched.id == id {
      return "deployment #\(id) cannot be canceled: it was live when the manager ended, and its release "
        + "is being started"
    }
    guard let running = queue.running, running.id == id, let task = runningTask else {
      return "deployment #\(id) neither waits nor runs"
    }
    logger.info("\(actor) cancels deployment #\(id)")
    task.cancel()
    return nil
  }
}
