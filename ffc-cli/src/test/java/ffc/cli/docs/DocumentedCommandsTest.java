package ffc.cli.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.compare.ComparisonReader;
import ffc.runs.experiment.ConfigLoader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Every documented command is one that can be typed. Those of pages that take longer are typed by
 * {@link DocumentedRunsTest}.
 */
class DocumentedCommandsTest {
  private static final Pattern WRITTEN =
      Pattern.compile("(?:--(?:out|json|plot|report)[ =]|> )([A-Za-z][\\w./-]*)");
  private static final YAMLMapper YAML = YAMLMapper.builder().build();

  @TempDir Path folder;

  static List<Documentation.Page> quickPages() throws IOException {
    return DocumentedCommands.pages(true);
  }

  static List<Documentation.Page> allPages() throws IOException {
    return Documentation.pages();
  }

  @ParameterizedTest
  @MethodSource("quickPages")
  void theCommandsOfAPageWorkFromTopToBottom(Documentation.Page page) throws Exception {
    DocumentedCommands.type(page, folder);
  }

  @Test
  void everyPageThatIsCalledQuickIsThere() throws IOException {
    assertThat(quickPages())
        .extracting(Documentation.Page::name)
        .containsExactlyInAnyOrderElementsOf(DocumentedCommands.QUICK);
  }

  /** Who types the documentation in a clone is not to find its results among the changes. */
  @ParameterizedTest
  @MethodSource("allPages")
  void whatACommandWritesInACloneIsIgnored(Documentation.Page page) throws IOException {
    List<String> ignored =
        Files.readAllLines(Documentation.ROOT.resolve(".gitignore")).stream()
            .filter(line -> line.startsWith("/"))
            .map(line -> line.replace(".", "\\.").replace("*", ".*") + ".*")
            .toList();
    for (String command : page.commands()) {
      Matcher written = WRITTEN.matcher(command);
      while (written.find()) {
        String place = "/" + written.group(1) + "/";
        assertThat(ignored).as(command).anyMatch(pattern -> place.matches(pattern));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("allPages")
  void aBlockSaysWhatItIsAndCommandsStandInBlocksOfCommands(Documentation.Page page) {
    for (Documentation.Block block : page.blocks()) {
      String place = page + ":" + block.line();
      assertThat(block.language()).as(place).isIn("sh", "output", "yaml", "text");
      if (!block.language().equals("sh")) {
        assertThat(block.lines())
            .as(place)
            .noneMatch(line -> line.matches("\\s*([A-Z_]+=\\S* )*(\\./ffc|mvn|java|git) .*"));
      }
    }
    assertThat(page.commands())
        .as("placeholders, which nobody can type, on %s", page)
        .noneMatch(command -> command.matches(".*(<[a-z ]+>|\\.\\.\\.|…|\\b[A-Z]{3,}\\b(?!=)).*"));
  }

  @Test
  void whatIsNotRunIsStillDocumented() throws IOException {
    List<String> commands = new ArrayList<>();
    allPages().forEach(page -> commands.addAll(page.commands()));

    assertThat(DocumentedCommands.NOT_RUN.keySet())
        .allSatisfy(start -> assertThat(commands).anyMatch(c -> c.startsWith(start)));
  }

  @ParameterizedTest
  @MethodSource("allPages")
  void partsOfExperimentsFitIntoTheQuickStart(Documentation.Page page) throws IOException {
    for (Documentation.Block block : page.of("yaml")) {
      JsonNode part = YAML.readTree(String.join("\n", block.lines()));
      if (part.has("apiVersion")) {
        continue; // a manifest: SchedulerExamplesTest
      }
      if (part.has("datasets")) {
        ObjectNode comparison = config("compare-recipes.yaml");
        merge(comparison, part);
        Path file =
            Files.writeString(folder.resolve("x.yaml"), YAML.writeValueAsString(comparison));
        ComparisonReader.check(file, false);
        continue;
      }
      ObjectNode whole = config("quickstart.yaml");
      merge(whole, part);
      new ConfigLoader()
          .parse(
              page + ":" + block.line(),
              YAML.writeValueAsString(whole).getBytes(StandardCharsets.UTF_8),
              List.of("method.capacity=1000"),
              false);
    }
  }

  private static ObjectNode config(String name) throws IOException {
    Path file = Documentation.ROOT.resolve("configs").resolve(name);
    return (ObjectNode) YAML.readTree(Files.readString(file));
  }

  private static void merge(ObjectNode into, JsonNode part) {
    part.properties()
        .forEach(
            setting -> {
              if (setting.getValue().isObject() && into.path(setting.getKey()).isObject()) {
                merge((ObjectNode) into.get(setting.getKey()), setting.getValue());
              } else {
                into.set(setting.getKey(), setting.getValue());
              }
            });
  }
}
