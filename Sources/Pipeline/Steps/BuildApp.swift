import JSON
import Linux

/// `bun run build`, if the app has such a script.
struct BuildApp: Step {
  let name = "build"

  func perform(_ job: Job) async throws(DeployError) {
    let arguments: [String]
    if let command = job.commands.build {
      arguments = ["/bin/sh", "-c", command]
    } else if PackageFile(folder: job.folder)?.hasScript("build") == true {
      arguments = ["bun", "run", "build"]
    } else {
      return job.narrator.info("package.json has no build script: nothing to build")
    }
    try await job.run(
      arguments, doing: "building the app", code: .build, setting: "BUILD_TIMEOUT",
      limit: job.commands.buildTimeout)
  }
}

/// RELEASE_COMMAND: migrations and the like, after the build and before anybody is sent to the new release.
struct RunReleaseCommand: Step {
  let name = "release"

  func perform(_ job: Job) async throws(DeployError) {
    guard let command = job.commands.release else { return }
    try await job.run(
      ["/bin/sh", "-c", command], doing: "running RELEASE_COMMAND", code: .release,
      setting: "RELEASE_TIMEOUT", limit: job.commands.releaseTimeout)
  }
}

/// The little that is asked of an app's package.json.
package struct PackageFile {
  private let root: JSONNode

  /// nil when there is none, or none that can be read.
  package init?(folder: String) {
    guard let bytes = try? Folder.open(release: folder).read("package.json", limit: 4 << 20),
      let document = try? JSONDocument(bytes: bytes)
    else { return nil }
    root = document.root
  }

  package func hasScript(_ name: String) -> Bool { root["scripts"]?[name]?.string?.isEmpty == false }
}
