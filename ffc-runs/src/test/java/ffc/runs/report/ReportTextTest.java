package ffc.runs.report;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.eval.FullReport;
import ffc.eval.embedding.ArrayEmbeddings;
import org.junit.jupiter.api.Test;

class ReportTextTest {
  @Test
  void aSmallSetSaysWhyItHasNoRates() {
    float[] rows = {1, 0, 1, 0.1f, 0, 1, 0.1f, 1};
    ArrayEmbeddings set = ArrayEmbeddings.normalising(rows, 2, new long[] {2, 2, 1, 1});
    assertThat(text(FullReport.of(set, null, label -> "one", false)))
        .contains("too few impostor pairs for a rate, of all and of groups: FAR=1e-3 wants 1,000")
        .contains("without a mate: too few for a rate, FPIR=1e-1 wants 10 without\n");
    assertThat(text(FullReport.of(set, null, null, true)))
        .contains("too few impostor pairs for a rate: FAR=1e-3 wants 1,000")
        .doesNotContain("groups", "open set");
  }

  private static String text(FullReport report) {
    ReportText text = new ReportText();
    text.report(report);
    return text.toString();
  }
}
