import Linux
import Log
import Settings
import Supervisor

/// `bascule init -- CMD…`.
enum InitVerb {
  static func perform(_ words: [String]) throws -> Int32 {
    let command = words.first == "--" ? Array(words.dropFirst()) : words
    guard words.first == "--" || words.first?.hasPrefix("-") == false, !command.isEmpty else {
      throw UsageError("init needs a command to run")
    }
    let settings = try BasicSettings.load()
    let signals = try Signals.take()
    EventLoop.main.becomeOnlyExecutor()
    return try MainLoop.assumeIsolated {
      let log = Log(
        format: settings.logFormat == .json ? .json : .text, redactor: Redactor([]), descriptor: 2)
      let code = try Init(
        arguments: command, environment: settings.environment, grace: settings.stopTimeout,
        logger: Logger(log, source: "init")
      ).run(signals: signals)
      log.flush()
      return code
    }
  }
}
