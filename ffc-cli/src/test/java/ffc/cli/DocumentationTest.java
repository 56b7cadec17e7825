package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.method.MethodConfig;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import ffc.runs.plan.MemoryPlan;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DocumentationTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:\\s]+)(#[^)]*)?\\)");

  static Stream<Path> pages() throws Exception {
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"));
        Stream<Path> top = Files.list(ROOT)) {
      return Stream.concat(docs, top)
          .filter(page -> page.toString().endsWith(".md"))
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadToFilesOfTheProject(Path page) throws Exception {
    assertThat(matches(LINK, Files.readString(page)))
        .allSatisfy(link -> assertThat(page.resolveSibling(link.group(1))).exists());
  }

  @Test
  void theIndexNamesEveryPage() throws Exception {
    String index = Files.readString(ROOT.resolve("docs/README.md"));
    Path docs = ROOT.resolve("docs");
    assertThat(pages())
        .filteredOn(
            page -> page.startsWith(docs) && !page.toString().matches(".*(decisions|README).*"))
        .hasSizeGreaterThan(20)
        .allSatisfy(page -> assertThat(index).contains("](" + docs.relativize(page) + ")"));
  }

  @Test
  void theReadmeNamesEveryCommandAndNoOther() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    List<String> named =
        matches(Pattern.compile("\\./ffc ([a-z]+)"), readme).stream()
            .map(match -> match.group(1))
            .distinct()
            .toList();

    assertThat(named)
        .containsExactlyInAnyOrderElementsOf(Main.commandLine().getSubcommands().keySet());
  }

  @Test
  void theReadmeNamesWhatLiesInARun() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String table = readme.substring(readme.indexOf("## What a run leaves"));
    Path source = Path.of("../ffc-runs/src/main/java/ffc/runs/record/RunDirectory.java");
    List<MatchResult> files =
        matches(
            Pattern.compile("(?m)^ \\* ([a-z.][a-zA-Z0-9.*/-]+)[ ,]"), Files.readString(source));
    assertThat(files)
        .hasSizeGreaterThan(9)
        .allSatisfy(file -> assertThat(table).contains("`" + file.group(1) + "`"));
  }

  @Test
  void whatTheReadmesCommandsMakeIsIgnoredByGit() throws Exception {
    String readme = Files.readString(ROOT.resolve("README.md"));
    List<String> ignored = Files.readAllLines(ROOT.resolve(".gitignore"));
    assertThat(matches(Pattern.compile("--out ([a-z]+/)"), readme))
        .isNotEmpty()
        .allSatisfy(out -> assertThat(ignored).containsAnyOf(out.group(1), "/" + out.group(1)));
  }

  @Test
  void theTestCommandOfTheReadmeIsTheOneThatIntegrationRuns() throws Exception {
    assertThat(Files.readString(ROOT.resolve("README.md"))).contains("\nmvn verify ");
    assertThat(Files.readString(ROOT.resolve(".ci/run"))).contains("mvn -B -ntp verify");
  }

  @Test
  void theReadmesTableOfMemoryIsWhatPlanSays() throws Exception {
    Experiment experiment =
        new ConfigLoader().load(ROOT.resolve("configs/glint360k-r50-ffc.yaml"), List.of(), false);
    MemoryPlan plan = new MemoryPlan(experiment, 1);
    List<MethodConfig> methods = Methods.beside(experiment.method()).subList(0, 3);
    String readme = Files.readString(ROOT.resolve("README.md"));
    List<MatchResult> rows =
        matches(
            Pattern.compile("\\| ([0-9,]+)" + " \\| ([0-9]+, [0-9]+) GB".repeat(3) + " \\|"),
            readme);
    assertThat(rows).hasSize(3);
    for (MatchResult row : rows) {
      long classes = Long.parseLong(row.group(1).replace(",", ""));
      assertThat(methods)
          .extracting(method -> plan.predict(method, classes))
          .extracting(
              bytes -> Math.round(bytes.onDevice() / 1e9) + ", " + Math.round(bytes.onHost() / 1e9))
          .as(row.group())
          .containsExactly(row.group(2), row.group(3), row.group(4));
    }
  }

  /** One that took --help for work would measure for an hour, or write recordings anew. */
  @Test
  void everyScriptExplainsItself() throws Exception {
    try (Stream<Path> files = Files.list(ROOT.resolve("bench"))) {
      for (Path script : files.filter(file -> file.toString().matches(".*\\.(py|sh)")).toList()) {
        String text = Files.readString(script);
        if (script.toString().endsWith(".sh")) {
          Process help = new ProcessBuilder(script.toString(), "--help").start();
          byte[] said = help.getInputStream().readAllBytes();
          assertThat(help.waitFor()).as(script.toString()).isZero();
          assertThat(new String(said, StandardCharsets.UTF_8))
              .as(script.toString())
              .isNotBlank()
              .isSubstringOf(text.replaceAll("(?m)^# ?", ""));
        } else {
          assertThat(text)
              .as(script.toString())
              .containsAnyOf("explain.on_help(__doc__)", "description=__doc__", "def on_help(");
        }
      }
    }
  }

  private static List<MatchResult> matches(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.results().toList();
  }
}
