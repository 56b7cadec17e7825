package ffc.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of the machine that are asked something and answer in lines. */
public final class Tool {
  private static final int SECONDS = 20;

  private Tool() {}

  /**
   * Runs a program to its end.
   *
   * @param path folders where it is looked for, as in the variable PATH
   * @return what it prints on its standard output; empty where it is missing, fails or takes more
   *     than {@value #SECONDS} s
   */
  public static Optional<List<String>> ask(String path, String program, String... arguments) {
    return Stream.of(path.split(":"))
        .map(folder -> Path.of(folder).resolve(program))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .flatMap(
            file -> run(Stream.concat(Stream.of(file.toString()), Stream.of(arguments)).toList()));
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the process itself is waited for
  private static Optional<List<String>> run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      process.getOutputStream().close();
      process
          .onExit()
          .orTimeout(SECONDS, TimeUnit.SECONDS)
          .whenComplete(
              (ended, late) -> {
                if (late != null) { // it also closes what is still to be read
                  process.destroyForcibly();
                }
              });
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(text.lines().toList()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
