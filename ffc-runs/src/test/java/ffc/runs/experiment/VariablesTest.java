package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonPointer;

class VariablesTest {
  private final List<Problem> problems = new ArrayList<>();

  private ConfigTree expanded(String yaml, boolean required) {
    ConfigTree tree =
        YamlReader.read("x.yaml", yaml.getBytes(StandardCharsets.UTF_8), new ArrayList<>());
    new Variables(Map.of("HERE", "/data$1", "EMPTY", "")::get, required).expand(tree, problems);
    return tree;
  }

  @Test
  void replacesVariablesInTextsOfSectionsAndLists() {
    ConfigTree tree =
        expanded("a: {b: \"${HERE}/x\"}\nc: [\"${HERE}${EMPTY}\", 7]\nd: \"$HERE {HERE}\"", true);
    assertThat(problems).isEmpty();
    assertThat(tree.at(JsonPointer.compile("/a/b")).stringValue()).isEqualTo("/data$1/x");
    assertThat(tree.at(JsonPointer.compile("/c/0")).stringValue()).isEqualTo("/data$1");
    assertThat(tree.at(JsonPointer.compile("/d")).stringValue()).isEqualTo("$HERE {HERE}");
  }

  @Test
  void aMissingVariableIsReportedAtItsPlace() {
    expanded("a:\n  b: \"${GONE}/x\"", true);
    assertThat(problems)
        .extracting(Problem::toString)
        .containsExactly(
            "x.yaml:2:6: a.b: environment variable GONE is not set; export GONE=<value>");
  }

  private List<String> together(String yaml) {
    expanded(yaml, true);
    problems.add(problems.isEmpty() ? 0 : 1, new Problem("x.yaml:9:9", "seed", "got -1"));
    return Variables.together(problems).stream().map(Problem::toString).toList();
  }

  @Test
  void oneMissingVariableIsToldOnceAndOtherMistakesStayInTheirPlace() {
    assertThat(together("a: \"${GONE}/x\"\nb: \"${GONE}/y\""))
        .containsExactly(
            "x.yaml:1:4: a: environment variable GONE is not set; export GONE=<value>",
            "x.yaml:9:9: seed: got -1");
  }

  @Test
  void severalMissingVariablesAreToldTogetherWhereTheFirstIsNeeded() {
    assertThat(together("a: \"${GONE}/x\"\nb: \"${LOST}${GONE}${HERE}\""))
        .containsExactly(
            "x.yaml:1:4: a: environment variables GONE, LOST are not set; export each (export"
                + " GONE=<value>), or leave away what needs them",
            "x.yaml:9:9: seed: got -1");
  }

  @Test
  void twoMissingVariablesOfOneTextAreToldTogether() {
    assertThat(together("a: \"${LOST}${GONE}\""))
        .containsExactly(
            "x.yaml:1:4: a: environment variables LOST, GONE are not set; export each (export"
                + " LOST=<value>), or leave away what needs them",
            "x.yaml:9:9: seed: got -1");
  }

  @Test
  void withoutAMissingVariableAllMistakesStayAsTheyAre() {
    assertThat(together("a: \"${HERE}\"")).containsExactly("x.yaml:9:9: seed: got -1");
  }

  @Test
  void withoutAMachineTheTextStays() {
    ConfigTree tree = expanded("a: \"${GONE}/x\"", false);
    assertThat(problems).isEmpty();
    assertThat(tree.at(JsonPointer.compile("/a")).stringValue()).isEqualTo("${GONE}/x");
  }
}
