import Control
import Front
import Glibc
import History
import Linux
import Log
import Pipeline
import Releases
import Server
import Settings

/// Projects come and go; `main` is always there.
extension Manager {
  func find(_ slug: String) throws(ControlFailure) -> Project {
    if let project = all.first(where: { $0.slug == slug }) { return project }
    throw ControlFailure(.missing, "there is no project \(slug)")
  }

  // MARK: At start

  /// Those that a manager before this one had. The folders say which they are, and the history follows.
  func loadProjects() async {
    let (files, problems) = folders.load()
    for problem in problems { logger.error(problem) }
    // What was removed, and that alone: a folder that is missing may be a volume that is not mounted.
    for leftover in folders.leftovers {
      if !files.contains(where: { $0.record.slug == leftover.slug }) { forget(leftover.slug) }
      Task { @MainLoop in
        if (try? await written()) != nil { delete(leftover.path) }
      }
    }
    for file in files.sorted(by: { $0.record.createdAt.milliseconds < $1.record.createdAt.milliseconds }) {
      do throws(ControlFailure) {
        let project = try await open(file, isNew: false)
        start(project)
      } catch {
        logger.error("project \(file.record.slug) is not served: \(error.message)")
      }
    }
    settleOthers()
  }

  /// Deployments of projects that are not here: whatever ran does not run any more.
  private func settleOthers() {
    for var deployment in (try? history.unfinished()) ?? []
    where !all.contains(where: { $0.slug == deployment.project }) {
      deployment.state = .interrupted
      deployment.error = "the manager ended while deployment #\(deployment.id) waited or ran"
      deployment.finishedAt = .now
      do throws(HistoryError) { try history.conclude(deployment) } catch { logger.warn("\(error)") }
    }
  }

  /// Makes it known to the front and to everybody who asks.
  private func open(_ file: ProjectFile, isNew: Bool) async throws(ControlFailure) -> Project {
    let slug = file.record.slug
    let settings = try settings(for: file.record)
    var record = file.record
    record.repository = settings.repository.address
    record.branch = settings.branch
    let layout = Layout(root: folders.folder(of: slug))
    do throws(SystemError) {
      try Self.prepareFolders(layout, settings)
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
    let site = await front.addSite()
    do throws(ControlFailure) {
      let trouble = try await take(record.port, for: site, isNew: isNew)
      let project = try make(record, settings, layout, site)
      project.portTrouble = trouble
      if trouble != nil { retryPort(of: project) }
      try mapped { () throws(HistoryError) in try history.store(record) }
      try await written()
      project.settleQueue()
      await front.route(record.hosts, to: site)
      all.append(project)
      return project
    } catch {
      await front.remove(site)
      throw error
    }
  }

  private func make(_ record: ProjectRecord, _ settings: Settings, _ layout: Layout, _ site: Site)
    throws(ControlFailure) -> Project
  {
    do throws(ReleaseError) {
      try layout.prepare()
      let settlement = try ReleaseStore(layout: layout, owner: settings.appUser?.identity).settle()
      let project = try workshop.project(record, settings, layout, site)
      project.settlement = settlement
      return project
    } catch {
      throw ControlFailure(.failed, error.message)
    }
  }

  /// What is wrong with its port: only a new project fails by that.
  private func take(_ port: UInt16?, for site: Site, isNew: Bool) async throws(ControlFailure) -> String? {
    guard let port else { return nil }
    workshop.pool.avoid(port)
    do throws(SystemError) {
      _ = try await front.listen(Front.everywhere(port: port), for: site)
      return nil
    } catch {
      let sentence = ListenError(port: port, setting: "port", error).description
      if isNew { throw ControlFailure(.conflict, sentence) }
      return sentence
    }
  }

  /// Its hosts and its record are there meanwhile.
  private func retryPort(of project: Project) {
    project.logger.error("\(project.portTrouble ?? ""); trying again every ten seconds")
    Task { @MainLoop in
      while project.portTrouble != nil, !project.isStopping, let port = project.record.port {
        await MainLoop.sleep(for: .seconds(10))
        guard !project.isStopping else { return }
        do throws(SystemError) {
          _ = try await front.listen(Front.everywhere(port: port), for: project.handoff.site)
          project.portTrouble = nil
          project.logger.info("port \(port) is served")
        } catch {
          continue
        }
      }
    }
  }

  /// Brings up what it has, or deploys for the first time.
  func start(_ project: Project) {
    guard let settlement = project.settlement else { return }
    project.settlement = nil
    project.starting = Task { @MainLoop in
      for warning in settlement.warnings { project.logger.warn(warning) }
      if !settlement.interrupted.isEmpty {
        let numbers = settlement.interrupted.map(String.init).joined(separator: ", ")
        project.logger.warn("removed half-made releases: \(numbers)")
      }
      await project.showMaintenance()
      guard !project.isStopping else { return }
      if unlink(project.desk.layout.reload) == 0 {
        project.logger.info("RELOAD was there already: this start is what it asks for")
      }
      project.watchReload()
      await project.boot(settlement)
    }
  }

  // MARK: Adding

  package func add(_ wish: ProjectRecord, actor: String) async throws(ControlFailure) -> ProjectRecord {
    try await oneChange { () async throws(ControlFailure) in try await addNow(wish, actor) }
  }

  private func addNow(_ wish: ProjectRecord, _ actor: String) async throws(ControlFailure) -> ProjectRecord {
    guard !isStopping else { throw ControlFailure(.unavailable, "the manager is stopping") }
    for problem in [ProjectRules.problem(withSlug: wish.slug)]
      + wish.hosts.map(ProjectRules.problem(withHost:))
    {
      if let problem { throw ControlFailure(.unprocessable, problem) }
    }
    var reserved = [settings.port, settings.controlPort]
    if case .inPlace(let port?) = settings.handoff { reserved.append(port) }
    if let conflict = ProjectRules.conflict(of: wish, with: projects, reservedPorts: reserved) {
      throw ControlFailure(.conflict, conflict)
    }
    let file = ProjectFile(wish)
    // Before anything is made: what cannot be is told.
    _ = try settings(for: wish)
    // The address first: whether it is free shows only when it is taken.
    let project = try await make(file)
    note(actor, "projects add", wish.slug, project.record.repository)
    logger.info("project \(wish.slug) was added by \(actor): \(project.record.repository)")
    start(project)
    return project.record
  }

  private func make(_ file: ProjectFile) async throws(ControlFailure) -> Project {
    let slug = file.record.slug
    if let port = file.record.port, Socket.isListening(on: port) {
      throw ControlFailure(.conflict, "port \(port) is taken by another process")
    }
    do throws(SystemError) {
      try folders.make(file)
    } catch {
      throw ControlFailure(.failed, "project \(slug) could not be made: \(error)")
    }
    do throws(ControlFailure) {
      return try await open(file, isNew: true)
    } catch {
      folders.unmake(slug)
      forget(slug)
      if let path = try? folders.setAside(slug) { delete(path) }
      throw error
    }
  }

  private func settings(for record: ProjectRecord) throws(ControlFailure) -> Settings {
    do throws(SettingsError) {
      return try settings.forProject(
        root: folders.folder(of: record.slug), repository: record.repository, branch: record.branch,
        healthPath: record.healthPath, install: record.installCommand, build: record.buildCommand,
        release: record.releaseCommand, start: record.startCommand)
    } catch {
      throw ControlFailure(.unprocessable, error.lines.joined(separator: "; "))
    }
  }

  // MARK: Removing

  package func remove(_ slug: String, actor: String) async throws(ControlFailure) {
    guard slug != ProjectRecord.main else {
      throw ControlFailure(
        .conflict, "main is the project of this container's environment; it cannot be removed")
    }
    let project = try find(slug)
    guard !project.isEnding else {
      throw ControlFailure(.conflict, "project \(slug) is being removed already")
    }
    logger.info("\(actor) removes project \(slug)")
    project.isEnding = true
    defer { project.isEnding = false }
    // Others are made and removed meanwhile: what is in flight may take its time.
    await project.end()
    try await oneChange { () async throws(ControlFailure) in try await removeNow(project, actor) }
  }

  private func removeNow(_ project: Project, _ actor: String) async throws(ControlFailure) {
    let slug = project.slug
    let aside: String
    do throws(SystemError) {
      aside = try folders.setAside(slug)
    } catch {
      throw ControlFailure(
        .failed,
        "project \(slug) was stopped, but its folder could not be moved away (\(error)); remove it again")
    }
    await front.remove(project.handoff.site)
    all.removeAll { $0 === project }
    forget(slug)
    // First: what is left of the folder tells the next manager that the project was removed.
    try await written()
    delete(aside)
    note(actor, "projects remove", slug, nil)
    logger.info("project \(slug) is gone")
  }

  /// In the history, with the streams of its deployments.
  private func forget(_ slug: String) {
    do throws(HistoryError) {
      let ids = try history.deployments(ofProject: slug)
      try history.remove(project: slug)
      history.whenWritten { [logs] failure in
        if failure == nil { Task { @MainLoop in await logs.remove(ids) } }
      }
    } catch {
      logger.warn("project \(slug) is still in the history: \(error)")
    }
  }

  private func delete(_ path: String) {
    Task { @MainLoop in
      let command = StepCommand(["rm", "-rf", "--", path], environment: [:], directory: "/")
      let outcome = await main.rootRunner.run(command, timeout: .seconds(600)) { _, _ in }
      if case .exited(code: 0, _, _) = outcome { return }
      logger.warn("\(path) could not be deleted; delete it by hand")
    }
  }

  /// Adding and removing, one after the other.
  private func oneChange<Value>(_ body: () async throws(ControlFailure) -> Value) async throws(ControlFailure)
    -> Value
  {
    await changes.lock()
    defer { changes.unlock() }
    return try await body()
  }
}
