package ffc.runs.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a comparison says when it is ended while a cell trains, in a JVM of its own. */
class CellRunnerTest {
  private static final String WORDS =
      "ffc: stopped; finished cells stay, and the one that trains keeps a checkpoint if it has made"
          + " a step: the same command goes on";

  @TempDir Path temp;

  /** Begins a cell and waits for it. */
  static final class Comparing {
    private Comparing() {}

    public static void main(String[] arguments) throws IOException {
      Comparison comparison = ComparisonReader.read(Path.of(arguments[0]));
      Class<?> program =
          switch (arguments[2]) {
            case "ended" -> Ender.class;
            case "ended with the cell" -> EndingFirst.class;
            default -> Sleeper.class;
          };
      CellRunner runner =
          new CellRunner(
              comparison,
              Path.of(arguments[1]),
              new PrintWriter(System.out, true),
              program.getName());
      if (arguments[2].equals("ended with the cell")) {
        // An end that takes long enough for the cell's own to be seen.
        Runtime.getRuntime().addShutdownHook(new Thread(Comparing::linger));
      }
      if (arguments[2].equals("interrupted")) {
        Thread main = Thread.currentThread();
        Thread interrupter = new Thread(() -> interruptInWaitFor(main));
        interrupter.setDaemon(true);
        interrupter.start();
      }
      try {
        System.out.println("failed, " + runner.train(Cell.of(comparison).get(0)));
      } catch (InterruptedException e) {
        System.out.println("waits no more");
      }
    }

    private static void linger() {
      try {
        Thread.sleep(3000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private static void interruptInWaitFor(Thread waiting) {
      while (Arrays.stream(waiting.getStackTrace())
          .noneMatch(frame -> frame.getMethodName().equals("waitFor"))) {
        Thread.onSpinWait();
      }
      waiting.interrupt();
    }
  }

  /** A cell that asks the comparison to end, as Ctrl-C does, and keeps what it has. */
  static final class Ender {
    private Ender() {}

    public static void main(String[] arguments) throws Exception {
      ProcessHandle.current().parent().orElseThrow().destroy();
      System.in.read();
      Thread.sleep(1500);
      Files.createFile(Path.of(arguments[3] + ".kept"));
    }
  }

  /** A cell that asks the comparison to end and is gone before it, as Ctrl-C reaches both. */
  static final class EndingFirst {
    private EndingFirst() {}

    public static void main(String[] arguments) {
      ProcessHandle.current().parent().orElseThrow().destroy();
      System.exit(130);
    }
  }

  /** A cell that trains until its input ends. */
  static final class Sleeper {
    private Sleeper() {}

    public static void main(String[] arguments) throws IOException {
      System.in.read();
    }
  }

  /** A cell that trains until its comparison has repeated what it says. */
  static final class Talker {
    private Talker() {}

    public static void main(String[] arguments) throws Exception {
      Path log = Path.of(arguments[3]).resolveSibling("told");
      for (int step = 1; step <= 2; step++) {
        System.out.println("step " + step + "/2");
        while (!Files.exists(log) || !Files.readString(log).contains("step " + step + "/2")) {
          Thread.sleep(20);
        }
        Thread.sleep(500);
      }
    }
  }

  @Test
  void whatTheCellSaysIsRepeatedOnceALine() throws Exception {
    Comparison comparison = ComparisonReader.read(small());
    Path told = temp.resolve("out/cells/told");
    Files.createDirectories(told.getParent());
    try (PrintWriter log = new PrintWriter(Files.newBufferedWriter(told))) {
      CellRunner runner =
          new CellRunner(
              comparison, temp.resolve("out"), log, Talker.class.getName(), Duration.ofMillis(100));
      assertThat(runner.train(Cell.of(comparison).get(0))).isNull();
    }
    assertThat(Files.readAllLines(told).stream().filter(line -> line.contains("step")))
        .containsExactly("    step 1/2", "    step 2/2");
  }

  @Test
  void aFolderThatHoldsSomethingElseIsNotTaken() throws Exception {
    Path out = temp.resolve("out");
    CellRunner runner = new CellRunner(ComparisonReader.read(small()), out, null, "none");
    Files.createDirectories(out);
    runner.start();
    Files.createFile(out.resolve("comparison.html"));
    runner.start();
    Files.delete(out.resolve("cells"));
    assertThatThrownBy(runner::start)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(out + ": holds other files already, and no comparison; choose another folder");
    assertThat(out.resolve("cells")).doesNotExist();
  }

  private Path small() throws IOException {
    return Files.writeString(
        temp.resolve("small.yaml"),
        """
            name: small
            title: Small
            experiment:
              data: {train: {format: synthetic, path: "ids=20;mean=2"}, idsPerBatch: 8, instancesPerBatch: 8}
              model: {backbone: iresnet, input: [1, 16, 16], layers: [1, 1], widths: [4, 8], embedding: 8}
              optimizer: {learningRate: 0.1}
              run: {steps: 20}
            contenders:
              - {name: FFC, method: {type: ffc, capacity: 50}}
              - {name: PFC, method: {type: partial-fc, sampleRate: 0.5}}
            seeds: [4]
            """);
  }

  private String said(String how) throws Exception {
    Path file = small();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Comparing.class.getName(),
                file.toString(),
                temp.resolve("out").toString(),
                how)
            .redirectErrorStream(true)
            .start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text;
  }

  @Test
  void whoEndsAComparisonHearsThatTheSameCommandGoesOn() throws Exception {
    assertThat(said("ended").lines()).containsOnlyOnce(WORDS);
    try (Stream<Path> cells = Files.list(temp.resolve("out/cells"))) {
      assertThat(cells).as("the cell has stopped").anyMatch(f -> f.toString().endsWith(".kept"));
    }
  }

  @Test
  void aCellThatTheSameSignalEndedHasNotFailed() throws Exception {
    assertThat(said("ended with the cell")).contains(WORDS).doesNotContain("failed");
  }

  @Test
  void aComparisonThatIsNotWaitedForAnyMoreSaysNothingAtItsEnd() throws Exception {
    assertThat(said("interrupted")).contains("waits no more").doesNotContain("ffc: stopped");
  }
}
