import Access

/// The body of a wish for a deployment.
enum DeployForm {
  static let fields: [ApiField] = [
    .optional("ref", .text(1...250), "A branch, a tag or a commit instead of the project's branch."),
    .optional("mode", .choice(["fast"]), "How it is built."),
    .optional("force", .flag, "Also a commit that is live already, or older."),
    .optional("timeout", .integer(1...604_800), "Seconds for the whole deployment; for admins."),
  ]

  static func order(_ body: ApiBody, trigger: String, by caller: Caller) throws(ControlFailure) -> DeployOrder
  {
    let ref = body.text("ref")
    if let problem = ref.flatMap(RefName.problem(with:)) { throw ControlFailure(.unprocessable, problem) }
    var order = DeployOrder(trigger: trigger, actor: caller.name, ref: ref)
    order.commit = ref.flatMap { RefName.isCommit($0) ? $0.lowercased() : nil }
    order.forced = body.flag("force") ?? false
    // A build that lasts for days keeps everybody else's waiting.
    guard caller.isAdmin || body.integer("timeout") == nil else {
      throw ControlFailure(.forbidden, "only an admin may set a timeout")
    }
    order.timeout = body.integer("timeout").map { .seconds($0) }
    return order
  }
}
