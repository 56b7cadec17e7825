package ffc.runs.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ChartTest {
  @Test
  void linearAxesCoverTheValuesWithFewRoundTicks() {
    for (int seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      double min = random.nextGaussian() * Math.pow(10, random.nextInt(12) - 6);
      double max = min + Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(12) - 6);

      Axis axis = Axis.linear(min, max, 4);

      assertThat(axis.low()).as("seed %d", seed).isLessThanOrEqualTo(min + 1e-6 * (max - min));
      assertThat(axis.high()).as("seed %d", seed).isGreaterThanOrEqualTo(max - 1e-6 * (max - min));
      assertThat(axis.ticks()).as("seed %d", seed).hasSizeBetween(2, 8);
    }
  }

  @Test
  void labelsSayNoMoreThanTheTicksNeed() {
    assertThat(labels(Axis.linear(0, 1, 4)))
        .containsExactly("0.00", "0.25", "0.50", "0.75", "1.00");
    assertThat(labels(Axis.linear(0, 180, 4))).containsExactly("0", "50", "100", "150", "200");
    assertThat(labels(Axis.linear(0, 40_000, 4))).containsExactly("0", "10k", "20k", "30k", "40k");
    assertThat(labels(Axis.linear(-0.1, 0.1, 4)))
        .containsExactly("-0.10", "-0.05", "0.00", "0.05", "0.10");
    assertThat(labels(Axis.logarithmic(2e-5, 0.3)))
        .containsExactly("1e-5", "1e-4", "1e-3", "1e-2", "1e-1", "1");
  }

  @Test
  void aSingleStepIsTheOnlyTick() {
    assertThat(labels(Axis.tight(7, 7, 6))).containsExactly("7");
    assertThat(Axis.tight(7, 7, 6).position(7)).isEqualTo(0.5);
  }

  @Test
  void leavesOutWhatCannotBeDrawn() {
    List<double[]> points = new ArrayList<>();
    points.add(new double[] {0, 0.1}); // zero has no place on a logarithmic axis
    points.add(new double[] {1e-3, Double.NaN});
    Chart empty = new Chart("t", "", "far", List.of(new Series("a", points)), true, true);
    points.add(new double[] {1e-2, 0.5});
    Chart dot = new Chart("t", "", "far", List.of(new Series("a", points)), true, true);

    assertThat(empty.isEmpty()).isTrue();
    assertThat(dot.html()).contains("<circle").doesNotContain("NaN", "Infinity");
  }

  @Test
  void longLabelsHaveRoom() {
    List<double[]> close = List.of(new double[] {1, 0.02925}, new double[] {2, 0.02926});
    String html =
        Chart.overSteps("t", "", List.of(new Series("a", close)), false, List.of()).html();
    Matcher label =
        Pattern.compile("x=\"([0-9]+)\"[^>]*text-anchor=\"end\">(0[0-9.]+)<").matcher(html);
    int labels = 0;
    while (label.find()) {
      assertThat(Integer.parseInt(label.group(1)))
          .as(label.group(2))
          .isGreaterThan((int) (6.4 * label.group(2).length()));
      labels++;
    }
    assertThat(labels).isGreaterThan(2);
  }

  @Test
  void longSeriesAreThinnedToTheirAverages() {
    List<double[]> points = new ArrayList<>();
    for (int i = 1; i <= 10_000; i++) {
      points.add(new double[] {i, i % 2});
    }

    Series thin = new Series("a", points).thinned();

    assertThat(thin.points()).hasSize(500);
    assertThat(thin.points()).allSatisfy(point -> assertThat(point[1]).isEqualTo(0.5));
    assertThat(thin.points().get(499)[0]).isEqualTo(10_000);
  }

  @Test
  void namesAreEscaped() {
    Series series = new Series("<b>\"x\"</b>", List.of(new double[] {1, 2}, new double[] {2, 3}));

    assertThat(Chart.overSteps("<t>", "&", List.of(series, series), true, List.of()).html())
        .doesNotContain("<b>", "<t>")
        .contains("&lt;b&gt;");
  }

  @Test
  void linesDashesMarksAndDotsHaveTheColoursGiven() {
    List<double[]> points =
        List.of(new double[] {10, 1}, new double[] {100, 0}, new double[] {1000, 100});
    List<Series> series =
        List.of(
            new Series("a", points, Series.Look.marked, 4),
            new Series("", points, Series.Look.dashed, 4),
            new Series("b", points, Series.Look.dots, Chart.COLOURS + 1));
    String html = new Chart("t", "", "n", series, true, true, false).html();

    assertThat(html).contains("path class=\"c4 line\"", "path class=\"c4 line dashed\"");
    assertThat(html.split("circle class=\"c4", -1)).hasSize(1 + 2); // 0 has no logarithm
    assertThat(html.split("circle class=\"c1", -1)).hasSize(1 + 2);
    assertThat(html.split("<li class", -1)).hasSize(1 + 2);
    assertThat(html)
        .contains("[&quot;a&quot;,4,&quot;marked&quot;,[[10,1],[1000,100]]")
        .contains("[&quot;&quot;,4,&quot;dashed&quot;,[[")
        .contains("[&quot;b&quot;,1,&quot;dots&quot;,[[");
  }

  @Test
  void everyColourIsDefinedForLightAndDarkPages() throws IOException {
    String style;
    try (InputStream css = Chart.class.getResourceAsStream("page.css")) {
      style = new String(css.readAllBytes(), StandardCharsets.UTF_8);
    }
    for (int i = 0; i < Chart.COLOURS; i++) {
      assertThat(style).contains(".c" + i + " { --k: var(--c" + i + "); }");
      assertThat(style.split("--c" + i + ": #", -1)).as("colour " + i).hasSize(1 + 2);
    }
    assertThat(style).doesNotContain("--c" + Chart.COLOURS);
  }

  private static List<String> labels(Axis axis) {
    return axis.ticks().stream().map(axis::label).toList();
  }
}
