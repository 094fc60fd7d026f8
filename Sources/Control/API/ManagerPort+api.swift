import Access
import History
import Linux

extension ManagerPort {
  /// Another's project is none at all, to the last byte of the answer.
  func project(_ slug: String, for caller: Caller) throws(ControlFailure) -> ProjectRecord {
    guard let found = project(slug), caller.maySee(ownedBy: found.owner) else {
      throw ControlFailure(.missing, "there is no project \(slug)")
    }
    return found
  }

  /// By its number; at the socket also the `last` of `main` that has a log.
  func deployment(_ call: ApiCall) throws(ControlFailure) -> Deployment {
    let name = call["id"]
    let found: Deployment? = try recorded { () throws(HistoryError) in
      if call.isAtSocket, name == "last" {
        return try history.latest(project: ProjectRecord.main, limit: 100).first(where: \.hasLog)
      }
      guard let id = Int64(name), String(id) == name else { return nil }
      return try history.deployment(id)
    }
    if call.isAtSocket, name == "last", found == nil {
      throw ControlFailure(.missing, "there is no deployment yet")
    }
    guard let found, (try? project(found.project, for: call.caller)) != nil else {
      throw ControlFailure(.missing, "there is no deployment #\(name)")
    }
    return found
  }

  /// The one mapping of what the record cannot do.
  func recorded<Value>(_ body: () throws(HistoryError) -> Value) throws(ControlFailure) -> Value {
    do throws(HistoryError) {
      return try body()
    } catch {
      throw ControlFailure(.failed, "the record could not be read: \(error)")
    }
  }

  /// The answer comes when what it says is written down.
  func ordered(_ order: DeployOrder, for slug: String) async -> OrderAnswer {
    await withCheckedContinuation { continuation in
      self.order(order, for: slug) { continuation.resume(returning: $0) }
    }
  }
}
