package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training by hand where variables of a scheduler are set, by it or by an earlier experiment. */
class ScheduledStartTest {
  private static final Map<String, String> LEFT_BEHIND =
      Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "localhost");

  @TempDir Path temp;

  private String train(int code, Map<String, String> variables, String... options)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "ffc.cli.Main",
                "train",
                StoredRun.SMALL.toAbsolutePath().toString()));
    command.addAll(List.of(options));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(variables);
    builder.environment().put("FFC_TRY", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(text).isEqualTo(code);
    return text;
  }

  /** It would wait for a trainer that nobody starts. */
  @Test
  void aPlainTrainingWithVariablesLeftInTheShellIsRefusedAndLeavesNothing() throws Exception {
    String said = train(2, LEFT_BEHIND);

    assertThat(said.lines()).hasSize(1);
    assertThat(said)
        .startsWith("RANK=1, WORLD_SIZE=2, MASTER_ADDR=localhost: name the folder of the run by")
        .contains("or give --trainers 1 to train alone");
    assertThat(Path.of("runs")).doesNotExist();
    assertThat(train(2, Map.of("RANK", "1"), "--out", temp.resolve("run").toString()))
        .startsWith("RANK=1 is set, but WORLD_SIZE is not: ")
        .hasLineCount(1);
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void theCommandLineBeatsTheVariablesAndSaysSo() throws Exception {
    Path run = temp.resolve("run");
    String said = train(0, LEFT_BEHIND, "--trainers", "1", "--out", run.toString());

    assertThat(said)
        .contains(
            "ffc: RANK=1, WORLD_SIZE=2, MASTER_ADDR=localhost are left aside: the command line says");
    assertThat(run.resolve("report.html")).isNotEmptyFile();
    assertThat(run.resolve("rank-1")).doesNotExist();
  }
}
