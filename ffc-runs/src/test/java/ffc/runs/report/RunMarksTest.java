package ffc.runs.report;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.page.Mark;
import ffc.runs.record.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RunMarksTest {
  private static final JsonNode NO_MANIFEST = Json.object();

  @Test
  void stepsThatWereSkippedAreMarkedWhereTheyWereReported() {
    List<JsonNode> steps = new ArrayList<>();
    for (String line :
        List.of(
            "{'step':10,'statistics':{}}",
            "{'step':20,'statistics':{'skipped_steps':2}}",
            "{'step':30,'statistics':{'skipped_steps':2}}",
            "{'step':40,'statistics':{'skipped_steps':3}}")) {
      steps.add(Json.parse(line.replace('\'', '"')));
    }
    assertThat(RunMarks.of(steps, List.of(), NO_MANIFEST))
        .containsExactly(
            new Mark(Mark.Kind.skipped, 20, "up to step 20: skipped 2"),
            new Mark(Mark.Kind.skipped, 40, "up to step 40: skipped 1"));
  }

  /** A resume from an older checkpoint sets later steps aside, and with them their resumes. */
  @Test
  void resumesOfABranchThatWasLeftAreNot() {
    JsonNode manifest =
        Json.parse(
            "{'resumed':[{'from_step':100,'started':'a'},{'from_step':300,'started':'b'},{'from_step':200,'started':'c'}]}"
                .replace('\'', '"'));
    assertThat(RunMarks.of(List.of(), List.of(), manifest))
        .extracting(Mark::text)
        .containsExactly("resumed after step 100, a", "resumed after step 200, c");
  }

  @Test
  void setsThatAreJudgedTogetherAreOneMarkAndVeryManyAreThinned() {
    List<JsonNode> evaluations = new ArrayList<>();
    for (int step = 1; step <= 1000; step++) {
      for (String set : List.of("open", "pairs")) {
        evaluations.add(Json.parse("{\"step\":%d,\"set\":\"%s\"}".formatted(step, set)));
      }
    }
    List<Mark> marks = RunMarks.of(List.of(), evaluations, NO_MANIFEST);
    assertThat(marks).hasSize(200);
    assertThat(marks.get(0).text()).isEqualTo("step 1: evaluation of open, pairs");
  }
}
