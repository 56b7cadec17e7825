package ffc.runs.compare;

/** A line on the error stream if the JVM is ended before this is closed, as Ctrl-C does. */
final class LastWords implements AutoCloseable {
  private final Thread speaker;

  LastWords(String line) {
    speaker = new Thread(() -> System.err.println(line), "last-words");
    Runtime.getRuntime().addShutdownHook(speaker);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(speaker);
    } catch (IllegalStateException e) {
      // The JVM is ending: they are being said.
    }
  }
}
