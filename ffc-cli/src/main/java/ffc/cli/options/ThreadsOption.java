package ffc.cli.options;

import picocli.CommandLine.Option;

/** The option that says on how many threads a command works. */
public final class ThreadsOption {
  @Option(
      names = {"--threads", "--workers"},
      paramLabel = "N",
      description = "Threads (default: all cores); the result is the same with any")
  private int threads = Runtime.getRuntime().availableProcessors();

  /**
   * The number.
   *
   * @throws IllegalArgumentException if it is below 1
   */
  public int threads() {
    return Wanted.atLeast("--threads (--workers)", threads, 1);
  }
}
