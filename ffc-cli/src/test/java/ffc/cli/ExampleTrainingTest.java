package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of {@code examples/training}, started from its source as its page says. */
class ExampleTrainingTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path SOURCE = ROOT.resolve("examples/training/TrainGlyphs.java");

  @TempDir Path temp;

  @Test
  void theExampleIsShortAndTrainsStopsGoesOnAndTellsItsResult() throws Exception {
    assertThat(Files.readAllLines(SOURCE)).hasSizeLessThan(60);

    Path run = temp.resolve("run");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                SOURCE.toString(),
                run.toString())
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
    List<String> lines = said.lines().toList();
    assertThat(lines).contains("from " + run.resolve("checkpoints/step-00000021"));
    assertThat(lines).anyMatch(line -> line.startsWith("step 40 loss "));
    assertThat(lines).anyMatch(line -> line.startsWith("open {1e-3="));
    assertThat(run.resolve("report.html")).isNotEmptyFile();
  }
}
