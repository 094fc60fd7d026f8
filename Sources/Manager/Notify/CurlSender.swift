import Linux
import Notify
import Supervisor

/// Sends through the curl program: the manager's own binary speaks no TLS. It runs as whoever runs the
/// manager, never as the app's user, whose processes could read its memory.
@MainLoop
final class CurlSender: Sender {
  private let exchange: Exchange
  private let environment: [String: String]

  /// `environment`: the container's, of which curl gets what it needs.
  init(exchange: Exchange, environment: [String: String]) {
    self.exchange = exchange
    self.environment = environment.filter { CurlConfiguration.variables.contains($0.key) }
  }

  var obstacle: String? {
    (try? Executable.find("curl", path: environment["PATH"])) == nil ? CurlProgram.missing : nil
  }

  func send(_ transfer: Transfer) async -> TransferOutcome {
    let configuration: [UInt8]
    do throws(CurlConfiguration.Refusal) {
      configuration = try CurlConfiguration.text(for: transfer)
    } catch {
      return .refused(error.reason)
    }
    var command = Command(
      CurlConfiguration.arguments, environment: environment, directory: "/",
      // It keeps the time itself; this is for one that hangs.
      timeout: transfer.timeout + .seconds(5))
    command.niceness = 5
    do throws(CommandFailure) {
      let result = try await exchange.run(
        command, input: configuration, outputLimit: CurlConfiguration.answerLimit)
      return CurlAnswer.outcome(of: transfer, exitCode: result.status.shellCode, output: result.output)
    } catch {
      switch error {
      case .notFound: return .unavailable(CurlProgram.missing)
      case .notExecutable(let path): return .unavailable("\(path) is not executable: no notification is sent")
      case .notStarted(let cause): return .failed("curl could not be started (\(cause))")
      case .timedOut: return .failed("it did not answer in time")
      case .canceled: return .canceled
      }
    }
  }
}
