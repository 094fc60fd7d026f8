import Glibc
import Linux
import Settings

/// The first word of the command line.
enum Verb: String, CaseIterable {
  case run, deploy, rollback, resume, releases, status, logs, cancel, lock, unlock, maintenance, projects
  case token, audit, notify, health
  case `init`, front, version, help

  static func run(_ words: [String]) -> Int32 {
    guard let word = words.first else { return perform(.run, []) }
    if word == "-h" || word == "--help" { return perform(.help, []) }
    if word == "--version" { return perform(.version, []) }
    guard let verb = Verb(rawValue: word) else {
      Terminal.error("there is no command \(word); `bascule help` lists them")
      return ExitCode.usage
    }
    let rest = Array(words.dropFirst())
    if verb != .`init`, rest.contains("--help") || rest.contains("-h") {
      Terminal.print(verb.usage)
      return ExitCode.done
    }
    return perform(verb, rest)
  }

  private static func perform(_ verb: Verb, _ words: [String]) -> Int32 {
    do {
      switch verb {
      case .run: return try RunVerb.perform(Arguments(words))
      case .`init`: return try InitVerb.perform(words)
      case .deploy:
        return try DeployVerb.perform(
          Arguments(
            words, flags: ["--follow", "--background", "--force", "--json"],
            values: ["--ref", "--mode", "--timeout"], positional: 1)
        )
      case .rollback:
        return try RollbackVerb.perform(
          Arguments(words, flags: ["--json"], values: ["--project"], positional: 1))
      case .resume: return try HoldVerbs.resume(Arguments(words, flags: ["--json"], values: ["--project"]))
      case .releases:
        return try ReleasesVerb.perform(
          Arguments(words, flags: ["--json"], values: ["--project"]))
      case .status:
        return try StatusVerb.perform(
          Arguments(words, flags: ["--json"], values: ["--project"]))
      case .logs:
        return try LogsVerb.perform(
          Arguments(words, flags: ["-f", "--follow", "--json"], values: ["--project"], positional: 1))
      case .cancel: return try CancelVerb.perform(Arguments(words, flags: ["--json"], positional: 1))
      case .lock: return try HoldVerbs.lock(Arguments(words, flags: ["--json"], values: ["-m", "--project"]))
      case .unlock:
        return try HoldVerbs.unlock(Arguments(words, flags: ["--json"], values: ["--project"]))
      case .maintenance:
        return try MaintenanceVerb.perform(
          Arguments(words, flags: ["--json"], values: ["-m", "--project"], positional: 1))
      case .projects:
        return try ProjectsVerb.perform(
          Arguments(words, flags: ["--json"], values: ProjectsVerb.values, positional: 3))
      case .token:
        return try TokenVerb.perform(
          Arguments(words, flags: ["--admin", "--json"], values: ["--sub", "--ttl"]))
      case .audit: return try AuditVerb.perform(Arguments(words, flags: ["--json"], values: ["--limit"]))
      case .notify: return try NotifyVerb.perform(Arguments(words, flags: ["--json"], positional: 1))
      case .health: return try HealthVerb.perform(Arguments(words, values: ["--project"]))
      case .front: return try FrontVerb.perform(Arguments(words, values: FrontVerb.values))
      case .version:
        Terminal.print("bascule \(Version.current)")
        return ExitCode.done
      case .help:
        Terminal.print(Usage.text)
        return ExitCode.done
      }
    } catch let error as UsageError {
      Terminal.error(error.message)
      Terminal.error(verb.usage)
      return ExitCode.usage
    } catch let error as SettingsError {
      for line in error.lines { Terminal.error(line) }
      return ExitCode.badSetting
    } catch let error as ClientError {
      Terminal.error(error.message)
      return error.exitCode
    } catch {
      Terminal.error("\(error)")
      return ExitCode.failed
    }
  }
}

/// Where sysexits.h has a number for it, that one.
enum ExitCode {
  static let done: Int32 = 0
  static let failed: Int32 = 1
  static let usage: Int32 = 2
  static let noManager: Int32 = 69
  static let busy: Int32 = 75
  static let badSetting: Int32 = 78
}

enum Version {
  static let current = "0.1.0"
}
