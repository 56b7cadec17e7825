package ffc.runs.report;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EvaluationCardsTest {
  /** Cosines of a trained network have hardly a pair below -0.3. */
  @Test
  void scoresAreDrawnWherePairsAre() {
    String scores =
        """
        {"scores": {"low": -1, "width": 0.25,
         "impostor": [0, 0, 0, 5, 9, 0, 0, 0], "genuine": [0, 0, 0, 0, 0, 3, 0, 0]}}
        """;
    List<String> cards = new EvaluationCards("open", Json.parse(scores)).html();
    assertThat(cards).hasSize(1);
    Matcher point = Pattern.compile("\\[(-?[0-9.]+),[0-9.]+\\]").matcher(cards.get(0));
    List<Double> cosines = new ArrayList<>();
    while (point.find()) {
      cosines.add(Double.valueOf(point.group(1)));
    }
    List<Double> each = List.of(-0.375, -0.125, 0.125, 0.375, 0.625);
    assertThat(cosines).hasSize(10).containsOnlyElementsOf(each);
  }
}
