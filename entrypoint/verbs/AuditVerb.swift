import JSON

/// `bascule audit`: which deliveries came and what became of them, and who did what.
enum AuditVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let limit = arguments["--limit"] ?? "30"
    guard let number = Int(limit), 1...200 ~= number else {
      throw UsageError("--limit takes a number from 1 to 200, not \(limit)")
    }
    let client = try Client()
    let actions = try client.get("/api/audit?limit=\(number)")
    let deliveries = try client.get("/api/webhooks/deliveries?limit=\(number)")
    if arguments.has("--json") {
      Terminal.print(
        "{\"actions\":\(JSONText.compact(actions)),\"deliveries\":\(JSONText.compact(deliveries))}")
      return ExitCode.done
    }
    Terminal.print("who did what" + (actions["items"]?.elements.isEmpty == true ? ": nothing yet" : ""))
    for item in actions["items"]?.elements ?? [] {
      line([item["at"], item["actor"], item["action"], item["project"], item["detail"]].map { $0?.string })
    }
    Terminal.print("deliveries" + (deliveries["items"]?.elements.isEmpty == true ? ": none yet" : ""))
    for item in deliveries["items"]?.elements ?? [] {
      let deployment = item["deployment"]?.int.map { "deployment #\($0)" }
      line(
        [item["at"], item["provider"], item["event"], item["verdict"]].map { $0?.string }
          + [deployment, item["reason"]?.string, item["guid"]?.string])
    }
    return ExitCode.done
  }

  private static func line(_ columns: [String?]) {
    Terminal.print("  " + columns.compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "  "))
  }
}
