enum Usage {
  static let text = """
    bascule, the release manager of this container

    usage: bascule [COMMAND]

      run                      be the manager (PID 1); the same as no command
      deploy [SLUG] [--ref R]  deploy the branch, or branch, tag or commit R
      rollback [N|REF]         serve release N, or the one before, without a build
      resume                   let pushes deploy again after a rollback
      releases                 list the releases
      status                   what is live, what runs, what waits, what came last
      logs [-f] [ID]           the log of a deployment; the last one's without ID
      cancel ID                end a waiting or running deployment
      lock -m WHY              keep everybody from deploying
      unlock                   lift the lock
      maintenance on|off       show visitors a page instead of the app
      projects                 list, add and remove apps besides this container's own
      token --sub S            make a token for the API
      audit                    which webhooks came and what became of them, and who did what
      notify test              try the channels for notifications
      health                   exit with 0 while a release is live: for HEALTHCHECK and other probes
      init -- CMD...           run CMD as PID 1 would: reap, forward signals, exit with its code
      front                    the front alone, before one upstream
      version                  print the version
      help                     print this

    exit codes: 0 done, 1 failed, 2 bad usage, 69 no manager, 75 busy or locked, 78 bad setting
    `bascule COMMAND --help` says more. --json prints what a program can read.
    """
}

extension Verb {
  var usage: String {
    switch self {
    case .run: "usage: bascule run"
    case .deploy:
      """
      usage: bascule deploy [SLUG] [--ref R] [--mode M] [--timeout S] [--follow|--background] [--force] [--json]
        --ref R        a branch, a tag or a commit instead of GIT_BRANCH
        --follow       show the log to the end and exit with the outcome (the default)
        --background   return as soon as it is queued
        --mode M       fast (the default, and the only one so far)
        --timeout S    seconds for the whole deployment instead of DEPLOY_TIMEOUT
        --force        also a commit that is live already, or older
        --json         print events and answers as JSON
      """
    case .rollback: "usage: bascule rollback [N|REF] [--project SLUG] [--json]"
    case .resume: "usage: bascule resume [--project SLUG] [--json]"
    case .releases: "usage: bascule releases [--project SLUG] [--json]"
    case .status: "usage: bascule status [--project SLUG] [--json]"
    case .logs: "usage: bascule logs [-f] [ID | --project SLUG] [--json]"
    case .cancel: "usage: bascule cancel ID [--json]"
    case .lock: "usage: bascule lock -m WHY [--project SLUG] [--json]"
    case .unlock: "usage: bascule unlock [--project SLUG] [--json]"
    case .maintenance: "usage: bascule maintenance on|off [-m TEXT] [--project SLUG] [--json]"
    case .projects:
      """
      usage: bascule projects [list | add SLUG REPOSITORY [OPTION...] | remove SLUG] [--json]
        REPOSITORY     - reads it from standard input: for one with a password in it
        --branch B     the branch to deploy (main)
        --port P       a public port of its own
        --host H,...   names that the public port answers for it under
        --owner S      whose it is: the sub of the tokens that may see it
        --health PATH  where it answers 2xx or 3xx when it is healthy
        --install, --build, --release, --start COMMAND
      """
    case .token:
      """
      usage: bascule token --sub S [--admin] [--ttl T] [--json]
        --sub S   whose it is: sees and touches the projects of this owner
        --admin   sees and touches everything
        --ttl T   how long it is good: seconds, or with m, h, d (30d)
      """
    case .audit: "usage: bascule audit [--limit N] [--json]"
    case .notify: "usage: bascule notify test [--json]"
    case .health: "usage: bascule health [--project SLUG]"
    case .`init`: "usage: bascule init -- CMD..."
    case .front:
      """
      usage: bascule front --listen A --upstream B [OPTION...]
        --listen A             PORT for all addresses, or HOST:PORT
        --upstream B           HOST:PORT, or unix:PATH
        --site H[,H...]=B      requests for host H go to B instead; H may be prefix.*, or :PORT for a port of
                               its own, whatever the host; as often as there are sites
        --threads N            loops on threads of their own (1)
        --access-log F         text or json, on standard output
        --trusted-proxies L    whose X-Forwarded-* are believed: addresses, ranges, loopback, private, all
        --head-timeout S       seconds for a request's head to arrive (10)
        --stall-timeout S      seconds without a byte of a body, or taken by the client (60)
        --idle-timeout S       seconds that an idle connection is kept (75)
        --max-connections N    clients at once (as many as there are descriptors)
        --drain-timeout S      seconds for what is in flight at SIGTERM (30)
      """
    case .version: "usage: bascule version"
    case .help: "usage: bascule help"
    }
  }
}
