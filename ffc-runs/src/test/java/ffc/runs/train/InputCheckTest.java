package ffc.runs.train;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.eval.EvaluateConfigBuilder;
import ffc.loaders.data.ImageShape;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputCheckTest {
  private static void look(String format, String file, String best) {
    InputCheck.evaluations(
        List.of(
            EvaluateConfigBuilder.builder()
                .name("open")
                .format(format)
                .path("../data/quickstart/" + file)
                .build()),
        new ImageShape(1, 32, 32),
        best);
  }

  /** 5,630 images have 15.8 million pairs. */
  @Test
  void theBestFigureMustBeResolvedByTheImpostorPairsOfItsSet() {
    assertThatCode(() -> look("recordio", "open.rec", "open.tar_at_far.1e-7"))
        .doesNotThrowAnyException();
    assertThatCode(() -> look("recordio", "open.rec", "open.rank10")).doesNotThrowAnyException();
    assertThatThrownBy(() -> look("recordio", "open.rec", "open.tar_at_far.1e-8"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("evaluate: open: has ")
        .hasMessageContaining("run.best wants at least 1 and 100000000 for tar_at_far.1e-8");
    assertThatCode(() -> look("bin", "open.bin", "open.tar_at_far.1e-3"))
        .doesNotThrowAnyException();
    assertThatCode(() -> look("recordio", "open.rec", "other.tar_at_far.1e-8"))
        .doesNotThrowAnyException();
  }
}
