import Front
import Glibc
import Linux

/// `bascule front`: the front alone, before one upstream.
enum FrontVerb {
  static let values: Set<String> = [
    "--listen", "--upstream", "--site", "--threads", "--access-log", "--trusted-proxies", "--head-timeout",
    "--stall-timeout", "--idle-timeout", "--max-connections", "--drain-timeout",
  ]

  static func perform(_ arguments: Arguments) throws -> Int32 {
    let listen = try listenAddress(try required("--listen", arguments))
    let target = Target(address: try upstreamAddress(try required("--upstream", arguments)))
    let sites = try arguments.all("--site").map(FrontSite.init)
    let configuration = try configuration(arguments)
    let grace = try seconds("--drain-timeout", arguments) ?? .seconds(30)
    let signals = try Signals.take()
    EventLoop.main.becomeOnlyExecutor()
    DescriptorLimit.raise()
    return try MainLoop.assumeIsolated {
      let front = try Front(configuration)
      let port: UInt16
      do throws(SystemError) {
        port = try front.listen(listen)
      } catch {
        Terminal.error("the front cannot listen: \(error)")
        return ExitCode.badSetting
      }
      _ = try EventLoop.main.add(signals.descriptor.raw, .read) { _ in
        for number in signals.pending() where [SIGTERM, SIGINT, SIGQUIT].contains(number) {
          Task { @MainLoop in
            await front.stop(within: number == SIGQUIT ? .zero : grace)
            EventLoop.main.stop()
          }
        }
      }
      let outcome = Outcome()
      Task { @MainLoop in
        do {
          for site in sites { try await site.set(up: front, beside: listen) }
          await front.site.serve(target)
          Terminal.print("listening on \(port)")
        } catch {
          Terminal.error("the front cannot listen: \(error)")
          outcome.code = ExitCode.badSetting
          EventLoop.main.stop()
        }
      }
      try front.start()
      EventLoop.main.run()
      return outcome.code
    }
  }

  @MainLoop
  private final class Outcome {
    var code = ExitCode.done
  }

  private static func configuration(_ arguments: Arguments) throws -> FrontConfiguration {
    var configuration = FrontConfiguration()
    configuration.loops = try number("--threads", arguments, 1...64) ?? 1
    configuration.limits.connections = try number("--max-connections", arguments, 1...10_000_000) ?? 0
    configuration.limits.headTime = try seconds("--head-timeout", arguments) ?? configuration.limits.headTime
    configuration.limits.stallTime =
      try seconds("--stall-timeout", arguments) ?? configuration.limits.stallTime
    configuration.limits.idleTime = try seconds("--idle-timeout", arguments) ?? configuration.limits.idleTime
    if let text = arguments["--trusted-proxies"] {
      if let problem = TrustedProxies.problem(in: text) {
        throw UsageError("--trusted-proxies \(text), \(problem)")
      }
      configuration.trustedProxies = try TrustedProxies(parsing: text)
    }
    if let format = arguments["--access-log"] {
      guard let log = FrontConfiguration.AccessLog(rawValue: format) else {
        throw UsageError("--access-log may be text or json")
      }
      configuration.accessLog = log
      let output = FileDescriptor(owning: 1)
      configuration.writeAccessLog = { try? output.writeAll($0) }
    }
    return configuration
  }

  private static func required(_ name: String, _ arguments: Arguments) throws -> String {
    guard let value = arguments[name] else { throw UsageError("front needs \(name)") }
    return value
  }

  private static func number(_ name: String, _ arguments: Arguments, _ range: ClosedRange<Int>) throws -> Int?
  {
    guard let text = arguments[name] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw UsageError("\(name) may be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func seconds(_ name: String, _ arguments: Arguments) throws -> Duration? {
    guard let text = arguments[name] else { return nil }
    guard let seconds = Double(text), seconds > 0, seconds <= 604_800 else {
      throw UsageError("\(name) may be above 0 and up to 604800 seconds")
    }
    return .milliseconds(Int(seconds * 1000))
  }

  // MARK: Addresses

  private static func listenAddress(_ text: String) throws -> SocketAddress {
    if let port = UInt16(text) { return Front.everywhere(port: port) }
    return try tcp(text, "--listen")
  }

  static func upstreamAddress(_ text: String, _ name: String = "--upstream") throws(UsageError)
    -> SocketAddress
  {
    if text.hasPrefix("unix:") { return .unix(String(text.dropFirst("unix:".count))) }
    return try tcp(text, name)
  }

  private static func tcp(_ text: String, _ name: String) throws(UsageError) -> SocketAddress {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
      let address = SocketAddress(host: String(text[..<colon]), port: port)
    else { throw UsageError("\(name) \(text) is no HOST:PORT with an IPv4 address, localhost or [::1]") }
    return address
  }
}
