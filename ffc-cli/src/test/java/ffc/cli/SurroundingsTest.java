package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program among full disks, small heaps, closed pipes and foreign locales, as a process. */
@Tag("faults")
class SurroundingsTest {
  @TempDir Path temp;

  /** What a process left: its code and lines. */
  private record Ended(int code, List<String> out, List<String> err) {
    void failedInOneLine(String part) {
      assertThat(code).as(toString()).isEqualTo(1);
      List<String> said = err.stream().filter(line -> !line.startsWith("[")).toList();
      assertThat(said).as(toString()).hasSize(1);
      assertThat(said.get(0)).startsWith("ffc: ").contains(part).doesNotContain("Exception");
    }
  }

  /** Runs the program below a shell that has done {@code before}. */
  private Ended ffc(String before, List<String> jvm, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(before + "exec \"$@\"", "bash"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "ffc.cli.Main"));
    command.addAll(List.of(arguments));
    command.addAll(0, List.of("bash", "-c"));
    Path out = Files.createTempFile(temp, "out", ".txt");
    Path err = Files.createTempFile(temp, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("LC_ALL", "C.UTF-8");
    Process process = builder.start();
    process.getOutputStream().close();
    int code = process.waitFor();
    return new Ended(code, Files.readAllLines(out), Files.readAllLines(err));
  }

  private static String[] train(Path run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", StoredRun.SMALL.toString(), "--out", run.toString(), "--set"));
    arguments.add("run.checkpointEvery=2");
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private static List<Path> checkpoints(Path run) throws IOException {
    if (Files.notExists(run.resolve("checkpoints"))) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(run.resolve("checkpoints"))) {
      return folders.sorted().toList();
    }
  }

  /** Whole checkpoints, and nothing half-written beside them. */
  private static void assertSound(Path run) throws IOException {
    for (Path checkpoint : checkpoints(run)) {
      assertThat(checkpoint.getFileName().toString()).startsWith("step-0000000");
      assertThat(checkpoint.resolve("checksums.txt")).exists();
    }
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".writing"));
    }
  }

  /** A disk of a size between nothing and a whole run fills up on the way. */
  @Test
  void aFullDiskIsOneLineWithTheFile() throws Exception {
    Path disk = Files.createDirectory(temp.resolve("disk"));
    int ends = 0;
    for (int kib : new int[] {24, 88}) {
      String mount = "mount -t tmpfs -o size=" + kib + "k tmpfs " + disk;
      int mounted = new ProcessBuilder("sh", "-c", mount + " 2>/dev/null").start().waitFor();
      Assumptions.assumeTrue(mounted == 0, "skipped: only root can mount a small disk");
      try {
        Path run = disk.resolve("run");
        Ended ended = ffc("", List.of("-Xmx256m"), train(run));
        if (ended.code() == 2) { // noticed before anything was trained
          assertThat(ended.err()).last().asString().contains(disk.toString());
        } else if (ended.code() != 0) {
          ended.failedInOneLine(disk + "/run");
          assertThat(ended.err().get(ended.err().size() - 1)).contains("cannot be written: ");
          ends++;
        }
        assertSound(run);
      } finally {
        new ProcessBuilder("umount", disk.toString()).start().waitFor();
      }
    }
    assertThat(ends).as("sizes at which a run ended on its way").isPositive();
  }

  /** A limit on the size of files stops the longest ones: event file, weights, report. */
  @Test
  void aFileThatMayNotGrowIsOneLineWithTheFile() throws Exception {
    List<String> files = new ArrayList<>();
    for (int blocks : new int[] {1, 8}) {
      Path run = temp.resolve("limited" + blocks);
      Ended ended =
          ffc(
              "ulimit -f " + blocks + "; ",
              // A JVM keeps a file of 32 KB for its tools.
              List.of("-Xmx256m", "-XX:-UsePerfData"),
              train(run, "--set=run.reportEvery=1", "--set=run.steps=6"));
      if (ended.code() == 0) {
        continue;
      }
      assertThat(ended.code()).as(ended.toString()).isIn(1, 2);
      String last = ended.err().get(ended.err().size() - 1);
      assertThat(last).as(ended.toString()).contains(run + "/").contains("cannot be written: ");
      assertThat(last).doesNotContain("Exception");
      if (last.contains("config.resolved.yaml")) {
        assertThat(run).as("of a run whose first file could not be written").doesNotExist();
      }
      files.add(last);
    }
    assertThat(files).isNotEmpty();
  }

  @Test
  void aSmallHeapIsOneLineThatSaysHowToRaiseIt() throws Exception {
    int ends = 0;
    for (int heap : new int[] {14, 40}) {
      Path run = temp.resolve("heap" + heap);
      Ended ended = ffc("", List.of("-Xmx" + heap + "m"), train(run));
      if (ended.code() != 0) {
        ended.failedInOneLine("a larger one: FFC_JAVA_OPTS=-Xmx");
        ends++;
      }
    }
    assertThat(ends).as("heaps that did not suffice").isPositive();
  }

  @Test
  void aClosedPipeLosesNothingOfTheRun() throws Exception {
    Path run = temp.resolve("piped");
    Process process =
        new ProcessBuilder(
                "bash",
                "-c",
                "\"$@\" 2>" + temp.resolve("err") + " | head -1; exit ${PIPESTATUS[0]}",
                "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "ffc.cli.Main",
                "train",
                StoredRun.SMALL.toString(),
                "--out",
                run.toString())
            .start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    assertThat(out.lines()).hasSize(1);
    assertThat(Files.readAllLines(temp.resolve("err")))
        .noneMatch(line -> line.contains("Exception") || line.startsWith("\tat "));
    assertThat(run.resolve("summary.json")).exists();
    assertThat(run.resolve("report.html")).exists();
    assertThat(checkpoints(run)).isNotEmpty();
  }

  /** Digits, casing and decimal commas of other languages reach no file and no figure. */
  @Test
  void everyLocaleWritesTheSameRun() throws Exception {
    List<String> losses = null;
    for (String[] locale :
        new String[][] {
          {"en", "US"},
          {"fa", "IR"},
          {"ar", "EG"},
          {"mr", "IN"},
          {"bn", "BD"},
          {"de", "DE"},
          {"tr", "TR"}
        }) {
      Path run = temp.resolve(locale[0]);
      Ended ended =
          ffc(
              "",
              List.of("-Xmx256m", "-Duser.language=" + locale[0], "-Duser.country=" + locale[1]),
              train(run, "--set=optimizer.learningRate=0.05", "--set=data.onCorrupt=skip"));
      assertThat(ended.code()).as(ended.toString()).isZero();
      assertThat(checkpoints(run).stream().map(path -> path.getFileName().toString()))
          .containsExactly("step-00000002", "step-00000004", "step-00000006");
      List<String> found =
          JsonLines.read(run.resolve("steps.jsonl")).stream()
              .map(line -> line.path("loss").toString())
              .toList();
      losses = losses == null ? found : losses;
      assertThat(found).as(locale[0]).isEqualTo(losses);
      for (String file : List.of("report.html", "config.resolved.yaml", "summary.json")) {
        assertThat(Files.readString(run.resolve(file)).codePoints())
            .as(locale[0] + " " + file)
            .noneMatch(c -> Character.isDigit(c) && c > '9');
      }
      assertThat(String.join("\n", ended.out()).codePoints())
          .noneMatch(c -> Character.isDigit(c) && c > '9');
      assertThat(ended.out()).anyMatch(line -> line.matches("step 6/6  loss [0-9]+\\.[0-9]+.*"));
    }
  }
}
