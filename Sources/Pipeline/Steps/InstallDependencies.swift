import Linux

/// `bun install`, exactly as the lockfile says when there is one.
struct InstallDependencies: Step {
  let name = "install"

  func perform(_ job: Job) async throws(DeployError) {
    if let command = job.commands.install { return try await install(job, ["/bin/sh", "-c", command]) }
    guard Files.kind(job.folder + "/package.json") == .file else {
      return job.narrator.info("There is no package.json: nothing to install")
    }
    let locked = ["bun.lock", "bun.lockb"].contains { Files.kind(job.folder + "/" + $0) == .file }
    do throws(DeployError) {
      try await install(job, ["bun", "install"] + (locked ? ["--frozen-lockfile"] : []))
    } catch {
      guard Self.blamesCache(error.message) else { throw Self.advised(error) }
      job.narrator.warn("Bun's cache seems damaged; installing once more with an empty one")
      try startOver(job)
      try await install(job, ["bun", "install"] + (locked ? ["--frozen-lockfile"] : []))
    }
  }

  private func install(_ job: Job, _ arguments: [String]) async throws(DeployError) {
    try await job.run(
      arguments, doing: "installing the dependencies", code: .install, setting: "INSTALL_TIMEOUT",
      limit: job.commands.installTimeout, environment: ["BUN_INSTALL_CACHE_DIR": job.caches.bun])
  }

  /// Signs of a package that lies broken in the cache. A package that does not exist, a registry that does
  /// not answer or a stale lockfile would fail the same way again.
  static func blamesCache(_ message: String) -> Bool {
    let text = message.lowercased()
    return [
      "integrity check failed", "failed to extract", "failed to decompress", "failed to link", "enoent",
      "corrupt", "eexist", "unexpected end of", "failed to copy", "failed to install",
    ].contains { text.contains($0) }
  }

  private static func advised(_ error: DeployError) -> DeployError {
    guard error.message.contains("lockfile is frozen") || error.message.contains("frozen lockfile") else {
      return error
    }
    return DeployError(
      error.code,
      error.message + "; package.json and the lockfile disagree: run bun install and commit the lockfile",
      exitCode: error.exitCode)
  }

  private func startOver(_ job: Job) throws(DeployError) {
    let cache = job.caches.bun
    let aside = "\(job.caches.trash)/install-\(Timestamp.now.milliseconds)"
    do throws(SystemError) {
      try Files.makeDirectory(job.caches.trash)
      if Files.kind(job.folder + "/node_modules") != nil {
        try job.openFolder().moveAside("node_modules", to: aside + "-modules")
      }
      if Files.kind(cache) != nil { try Files.rename(cache, aside + "-cache") }
      try Files.makeDirectory(cache)
      if let owner = job.owner { try Files.changeOwner(cache, uid: owner.uid, gid: owner.gid) }
    } catch {
      throw .system(.install, "setting the damaged cache aside", error)
    }
  }
}
