import Glibc

// Synchronous: the main thread owns the signals and becomes the main loop.
exit(Verb.run(Array(CommandLine.arguments.dropFirst())))
