import Foundation
import Testing

/// The duties of a PID 1, seen through `bascule init -- CMD…` in a namespace of its own.
@Suite(.fewAtATime)
struct PIDOne {
  @Test(
    arguments: [
      (["sh", "-c", "exit 0"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -TERM $$"], 128 + 15),
      (["sh", "-c", "kill -KILL $$"], 128 + 9), (["sh", "-c", "kill -SEGV $$"], 128 + 11),
      (["no-such-program"], 127), (["/no/such/program"], 127), (["/etc/passwd"], 126), (["/tmp"], 126),
    ] as [([String], Int32)])
  func `the exit code is the child's`(command: [String], code: Int32) async throws {
    try await Workspace.with { workspace in
      let child = try start(command, in: workspace)
      #expect(try await child.ended() == code, "\(child.errors)")
    }
  }

  @Test func `output, arguments and environment pass through`() async throws {
    try await Workspace.with { workspace in
      let child = try start(
        ["sh", "-c", #"echo "$1|$COLOUR|$(pwd)"; echo oops >&2"#, "x", "a b"], in: workspace,
        ["COLOUR": "blue"])
      #expect(try await child.ended() == 0)
      #expect(child.output == "a b|blue|\(workspace.path)\n")
      #expect(child.errors == "oops\n")
    }
  }

  @Test func `the child leads its own group, has an empty mask, default signals and three descriptors`()
    async throws
  {
    try await Workspace.with { workspace in
      let script = """
        import os, sys
        status = dict(line.split(":\\t", 1) for line in open("/proc/self/status"))
        ignored = int(status["SigIgn"], 16) & 0x7fffffff
        print(os.getpgrp() == os.getpid(), int(status["SigBlk"], 16), hex(ignored))
        print(sorted(os.listdir("/proc/self/fd")))
        """
      let child = try start(["python3", "-ISc", script], in: workspace)
      #expect(try await child.ended() == 0, "\(child.errors)")
      // 32 and 33 belong to the C library. Python itself ignores SIGPIPE and SIGXFSZ, and has the folder open that it lists.
      #expect(
        child.output == """
          True 0 0x1001000
          ['0', '1', '2', '3']

          """)
    }
  }

  @Test func `a thousand orphans are reaped and no zombie is left`() async throws {
    try await Workspace.with { workspace in
      let script = """
        import os, time
        for _ in range(1000):
            if os.fork() == 0:
                if os.fork() == 0:
                    time.sleep(0.2)
                    os._exit(0)
                os._exit(0)
            os.wait()
        def states():
            found = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try: found.append(open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1][0])
                except (FileNotFoundError, ProcessLookupError): pass
            return found
        deadline = time.monotonic() + 60
        while len(states()) > 2 and time.monotonic() < deadline: time.sleep(0.05)
        print(len(states()), states().count("Z"))
        """
      let child = try start(["python3", "-ISc", script], in: workspace)
      #expect(try await child.ended() == 0, "\(child.errors)")
      #expect(child.output == "2 0\n")
    }
  }

  @Test func `every signal that can be caught reaches the child`() async throws {
    try await Workspace.with { workspace in
      let script = """
        import signal, sys, time
        numbers = set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
        for number in numbers: signal.signal(number, lambda n, _: print(n, flush=True))
        print("ready", flush=True)
        while True: time.sleep(60)
        """
      let child = try start(["python3", "-ISc", script], in: workspace)
      try await eventually("the child is ready\n\(child.errors)") { child.output.hasPrefix("ready") }
      let pid = try await pidOne(of: child)
      let numbers = (1...64).filter { ![SIGKILL, SIGSTOP, SIGCHLD, SIGTERM, 32, 33].contains(Int32($0)) }
      for number in numbers {
        // One after the other: SIGCONT and the stop signals undo each other while they wait.
        kill(pid, Int32(number))
        try await eventually("signal \(number) has arrived", every: .milliseconds(5)) {
          child.output.split(separator: "\n").contains("\(number)")
        }
      }
      kill(pid, SIGTERM)
      try await eventually("SIGTERM is forwarded") { child.output.hasSuffix("\n\(SIGTERM)\n") }
    }
  }

  @Test func `a signal reaches the whole group, not only the first process`() async throws {
    try await Workspace.with { workspace in
      let inner = "trap 'echo inner; exit' USR1; echo ready; while :; do sleep 0.05; done"
      let child = try start(
        ["sh", "-c", "trap 'echo outer' USR1; sh -c \"$1\"", "sh", inner], in: workspace)
      try await eventually("the child is ready") { child.output.hasPrefix("ready") }
      kill(try await pidOne(of: child), SIGUSR1)
      _ = try await child.ended()
      #expect(Set(child.output.split(separator: "\n")) == ["ready", "inner", "outer"])
    }
  }

  @Test func `a child that ignores SIGTERM is killed after STOP_TIMEOUT`() async throws {
    try await Workspace.with { workspace in
      let child = try start(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], in: workspace,
        ["STOP_TIMEOUT": "1"])
      try await eventually("the child is ready") { child.output.hasPrefix("ready") }
      let started = ContinuousClock.now
      kill(try await pidOne(of: child), SIGTERM)
      #expect(try await child.ended() == 137)
      let took = ContinuousClock.now - started
      #expect(took > .milliseconds(900) && took < .seconds(8), "it took \(took)")
    }
  }

  @Test func `a wrapper that dies first does not cut the app's drain short`() async throws {
    try await Workspace.with { workspace in
      let app = "trap 'sleep 1; echo drained; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
      let child = try start(["sh", "-c", "sh -c \"$1\" & wait", "sh", app], in: workspace)
      try await eventually("the child is ready") { child.output.hasPrefix("ready") }
      kill(try await pidOne(of: child), SIGTERM)
      #expect(try await child.ended() == 128 + 15)
      #expect(child.output == "ready\ndrained\n")
    }
  }

  @Test func `what the child leaves behind is asked to end, then made to`() async throws {
    try await Workspace.with { workspace in
      let child = try start(
        [
          "sh", "-c",
          """
          setsid -f sh -c 'trap "echo asked; exit" TERM; touch one; while :; do sleep 0.05; done'
          setsid -f sh -c 'trap "" TERM; touch two; while :; do sleep 0.05; done'
          until [ -e one ] && [ -e two ]; do sleep 0.05; done; exit 5
          """,
        ], in: workspace, ["STOP_TIMEOUT": "4"])
      #expect(try await child.ended() == 5)
      #expect(child.output.contains("asked"))
    }
  }

  @Test func `zombies whose parent lives are named in the log`() async throws {
    try await Workspace.with { workspace in
      let script = """
        import os, time
        for _ in range(3):
            if os.fork() == 0: os._exit(0)
        time.sleep(600)
        """
      let child = try start(["python3", "-ISc", script], in: workspace)
      try await eventually("the parent is named\n\(child.errors)") {
        child.errors.contains("python3") && child.errors.contains("3 zombies")
      }
    }
  }

  @Test func `without a namespace it becomes a subreaper`() async throws {
    try await Workspace.with { workspace in
      let child = try Child.start(
        [
          Toolbox.bascule, "init", "--", "sh", "-c",
          "(setsid sh -c 'sleep 0.2; cut -d\" \" -f4 /proc/$$/stat; touch told' &); until [ -e told ]; do sleep 0.05; done",
        ],
        in: workspace)
      let pid = try await child.pid()
      #expect(try await child.ended() == 0)
      #expect(child.output == "\(pid)\n")
    }
  }

  @Test(arguments: [("fine", SIGTERM), ("fine", SIGINT), ("stubborn", SIGTERM), ("fine", SIGQUIT)])
  func `docker stop ends in under ten seconds with exit code 0`(behaviour: String, signal: Int32) async throws
  {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", behaviour == "fine" ? .fine : .stubborn)
      // Who is stubborn is killed a second before the end: of nine that would leave little for a slow machine.
      let settings = behaviour == "fine" ? [:] : ["SHUTDOWN_TIMEOUT": "4"]
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": repository.path].merging(settings) { $1 })
      try await manager.untilServes("1")
      try await manager.untilIdle()
      let started = ContinuousClock.now
      try await manager.signal(signal)
      #expect(try await manager.process.ended() == 0)
      #expect(ContinuousClock.now - started < .seconds(10))
    }
  }

  @Test func `it also ends in time during a deployment`() async throws {
    try await withLiveApp(["SHUTDOWN_TIMEOUT": "4"]) { manager, repository in
      try await repository.commit("2", build: "trap '' TERM; while :; do sleep 0.05; done")
      #expect(try await manager.webhook.post(Data()).status == 202)
      try await manager.whileRunning("it builds") { try await !manager.status()["current"].isNull }
      try await Task.sleep(for: .milliseconds(300))
      let started = ContinuousClock.now
      #expect(try await manager.stop() == 0)
      #expect(ContinuousClock.now - started < .seconds(10))
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      try await again.untilIdle()
      #expect(try await again.status()["last"]["state"].string == "interrupted")
      #expect(try again.releaseNumbers() == [1])
    }
  }

  private func start(
    _ command: [String], in workspace: Workspace, _ environment: [String: String] = [:]
  ) throws -> Child {
    try Toolbox.requireRoot(for: "a PID namespace")
    let unshare = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"]
    return try Child.start(
      unshare + [Toolbox.bascule, "init", "--"] + command, in: workspace, environment: environment)
  }

  private func pidOne(of child: Child) async throws -> pid_t {
    try #require(Procfs.children(of: try await child.pid()).first)
  }
}
