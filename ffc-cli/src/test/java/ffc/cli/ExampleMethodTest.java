package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The method of {@code examples/method}, compiled and named to a program that was not changed. */
class ExampleMethodTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXAMPLE = ROOT.resolve("examples/method");

  @TempDir Path temp;
  private Path classes;

  @BeforeEach
  void compile() throws IOException {
    classes = Files.createDirectories(temp.resolve("classes"));
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-Xlint:all,-processing,-path", // jars of tests name others that are not there
                "-Werror",
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("java.class.path")));
    try (Stream<Path> files = Files.list(EXAMPLE.resolve("src/example"))) {
      files.map(Path::toString).forEach(arguments::add);
    }
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, arguments.toArray(String[]::new)))
        .isZero();
    String service = "META-INF/services/ffc.core.method.MethodProvider";
    Files.createDirectories(classes.resolve(service).getParent());
    Files.copy(EXAMPLE.resolve("resources").resolve(service), classes.resolve(service));
  }

  /** Types a command with the example on the class path, the project being the working folder. */
  private String ffc(int steps, int code, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + classes,
                "ffc.cli.Main"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true);
    builder.environment().put("FFC_TRY", Integer.toString(steps));
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(code);
    return said;
  }

  @Test
  void aMethodOfOnesOwnIsPlannedTrainedResumedAndCompared() throws Exception {
    String config = "examples/method/n-pair.yaml";
    assertThat(ffc(6, 0, "plan", config)).contains("n-pair", "partial-fc 0.1", "logits");
    String run = temp.resolve("run").toString();
    assertThat(ffc(6, 0, "train", config, "--out", run)).contains("step 6/6", "n_pair");
    String more = ffc(9, 0, "train", config, "--resume", run);
    assertThat(more).contains("from " + run, "step 9/9");
    Path page = temp.resolve("beside");
    ffc(6, 0, "compare", "examples/method/compare.yaml", "--out", page.toString());
    assertThat(page.resolve("comparison.html")).content().contains("N-pair", "full FC");
  }

  @Test
  void aMistakeInItsSettingsIsToldAsAnyOther() throws Exception {
    assertThat(
            ffc(6, 2, "config", "check", "examples/method/n-pair.yaml", "--set", "method.scale=-1"))
        .contains("method.scale", "-1");
    assertThat(
            ffc(
                6,
                2,
                "train",
                "examples/method/n-pair.yaml",
                "--trainers",
                "2",
                "--out",
                temp.resolve("two").toString()))
        .contains("trains with one trainer");
  }
}
