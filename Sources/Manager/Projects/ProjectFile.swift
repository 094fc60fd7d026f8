import History
import JSON
import Linux

/// `projects/SLUG/project.json`: what the project was added with, the repository's password included. It is what
/// makes a folder a project; the history's table follows it.
struct ProjectFile {
  static let name = "project.json"

  /// Its repository is written as it was given.
  let record: ProjectRecord

  init(_ record: ProjectRecord) { self.record = record }

  static func read(_ folder: String, slug: String) throws(SystemError) -> ProjectFile? {
    let bytes = try Files.readRegular("\(folder)/\(name)", limit: 1 << 20)
    guard let root = try? JSONDocument(bytes: bytes).root, root["slug"]?.string == slug,
      let repository = root["repository"]?.string, let branch = root["branch"]?.string
    else { return nil }
    var record = ProjectRecord(
      slug: slug, repository: repository, branch: branch,
      createdAt: Timestamp(milliseconds: Int64(root["createdAt"]?.int ?? 0)))
    record.owner = root["owner"]?.string
    record.port = root["port"]?.int.flatMap { UInt16(exactly: $0) }
    record.hosts = root["hosts"]?.elements.compactMap(\.string) ?? []
    record.healthPath = root["healthPath"]?.string
    record.installCommand = root["installCommand"]?.string
    record.buildCommand = root["buildCommand"]?.string
    record.releaseCommand = root["releaseCommand"]?.string
    record.startCommand = root["startCommand"]?.string
    return ProjectFile(record)
  }

  func write(into folder: String) throws(SystemError) {
    let value: JSONValue = [
      "slug": .string(record.slug), "repository": .string(record.repository),
      "branch": .string(record.branch), "owner": JSONValue(record.owner),
      "port": JSONValue(record.port.map { Int($0) }), "hosts": .array(record.hosts.map { .string($0) }),
      "healthPath": JSONValue(record.healthPath), "installCommand": JSONValue(record.installCommand),
      "buildCommand": JSONValue(record.buildCommand), "releaseCommand": JSONValue(record.releaseCommand),
      "startCommand": JSONValue(record.startCommand), "createdAt": .int(record.createdAt.milliseconds),
    ]
    try Files.writeAtomically("\(folder)/\(Self.name)", value.bytes, mode: 0o600)
  }
}
