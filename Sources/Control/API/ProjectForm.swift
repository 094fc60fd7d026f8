import Access
import History

/// The body that describes a new project. Its values are the manager's to judge.
enum ProjectForm {
  private static let command = ApiType.text(1...4096)

  static let fields: [ApiField] = [
    .required("slug", .text(1...63), "Its name in addresses and folders."),
    .required("repository", .text(1...2048), "ssh, https or a local path."),
    .optional("branch", .text(1...250), "`main` if left out."),
    .optional("owner", .text(1...255), "The `sub` that it belongs to; if left out, admins alone see it."),
    .optional("port", .integer(1...65535), "A public port of its own."),
    .optional("hosts", .texts(atMost: 100), "The names that the public port answers for it under."),
    .optional("healthPath", .text(1...2048), "What is probed; `/` if left out."),
    .optional("installCommand", command, "Instead of `bun install`."),
    .optional("buildCommand", command, "Instead of `bun run build`."),
    .optional("releaseCommand", command, "Run after the build and before the switch."),
    .optional("startCommand", command, "Instead of `bun start`."),
  ]

  static func record(_ body: ApiBody) throws(ControlFailure) -> ProjectRecord {
    var record = ProjectRecord(
      slug: try body.line("slug") ?? "", repository: try body.line("repository") ?? "",
      branch: try body.line("branch") ?? "main")
    if let problem = RefName.problem(with: record.branch) { throw ControlFailure(.unprocessable, problem) }
    record.owner = try body.line("owner")
    record.port = body.integer("port").flatMap { UInt16(exactly: $0) }
    record.hosts = body.texts("hosts")
    guard record.hosts.allSatisfy(\.isOneLine) else {
      throw ControlFailure(.unprocessable, "the member hosts holds a control character")
    }
    record.healthPath = try body.line("healthPath")
    record.installCommand = try body.line("installCommand")
    record.buildCommand = try body.line("buildCommand")
    record.releaseCommand = try body.line("releaseCommand")
    record.startCommand = try body.line("startCommand")
    return record
  }
}
