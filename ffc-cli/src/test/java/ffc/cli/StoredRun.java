package ffc.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import picocli.CommandLine;

/** Small runs of the stored-runs folder, and commands on them within this JVM. */
final class StoredRun {
  static final Path FOLDER = Path.of("src/test/resources/stored-runs");
  static final Path SMALL = FOLDER.resolve("small.yaml");

  /**
   * What a command gave.
   *
   * @param out and errors, as printed
   */
  record Outcome(int code, String out, String err) {}

  private StoredRun() {}

  static List<Path> all() throws IOException {
    try (Stream<Path> folders = Files.walk(FOLDER, 2)) {
      return folders.filter(folder -> Files.exists(folder.resolve("losses.txt"))).sorted().toList();
    }
  }

  static Outcome ffc(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Main.commandLine().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    int code = command.execute(arguments);
    return new Outcome(code, out.toString(), err.toString());
  }

  /** Makes the list of checksums say what the files of a checkpoint now hold. */
  static void sum(Path checkpoint) throws IOException {
    StringBuilder list = new StringBuilder("ffc-checkpoint 1\n");
    try (Stream<Path> files = Files.list(checkpoint)) {
      for (Path file : files.sorted().toList()) {
        if (!file.endsWith("checksums.txt")) {
          byte[] bytes = Files.readAllBytes(file);
          CRC32C crc = new CRC32C();
          crc.update(bytes);
          list.append(
              String.format(
                  Locale.ROOT, "%08x %d %s%n", crc.getValue(), bytes.length, file.getFileName()));
        }
      }
    }
    Files.writeString(checkpoint.resolve("checksums.txt"), list, StandardCharsets.UTF_8);
  }
}
