package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.roc.TarAtFar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GroupRatesTest {
  @TempDir Path folder;

  private static final LongFunction<String> GROUPS =
      label -> label % 5 == 4 ? null : label % 5 < 2 ? "few" : "many";

  @Test
  void ratesOfAGroupAreThoseOfItsPairsAtTheThresholdOfAll() {
    for (long seed = 1; seed <= 3; seed++) {
      ArrayEmbeddings all = RandomEmbeddings.clusters(seed, 1100, 6, 130, 0.9);
      FullReport report = FullReport.of(all, null, GROUPS, true);
      GroupRates rates = report.byGroup();
      assertThat(rates.groups()).extracting(g -> g.figures().name()).containsExactly("few", "many");
      for (GroupRates.Group group : rates.groups()) {
        for (TarAtFar at : report.allPairs().tarAtFar()) {
          long[] genuine = new long[2];
          long[] impostor = new long[2];
          for (int i = 0; i < 1100; i++) {
            for (int j = 0; j < i; j++) {
              if (group.figures().name().equals(GROUPS.apply(all.label(i)))
                  && group.figures().name().equals(GROUPS.apply(all.label(j)))) {
                long[] counts = all.label(i) == all.label(j) ? genuine : impostor;
                counts[0]++;
                counts[1] += RandomEmbeddings.cosine(all, i, j) > at.threshold() ? 1 : 0;
              }
            }
          }
          var tar = group.figures().tarAtFar().get(at.key());
          var fmr = group.fmr().get(at.key());
          assertThat(tar.trials()).isEqualTo(genuine[0]);
          assertThat(fmr.trials()).isEqualTo(impostor[0]);
          // Sums of f32 products may put a pair on the other side of a threshold.
          assertThat(tar.value() * genuine[0]).isCloseTo(genuine[1], within(1.01));
          assertThat(fmr.value() * impostor[0]).isCloseTo(impostor[1], within(1.01));
          assertThat(fmr.value()).isBetween(fmr.low(), fmr.high());
          assertThat(fmr.low() < fmr.high()).isEqualTo(impostor[1] > 0);
        }
      }
      long images = rates.groups().stream().mapToLong(GroupRates.Group::images).sum();
      assertThat(images).isLessThan(1100);
      assertThat(rates.without()).isPositive();
    }
  }

  @Test
  void theSpreadNamesTheGroupsFurthestApart() {
    ArrayEmbeddings all = RandomEmbeddings.clusters(4, 900, 6, 90, 0.9);
    GroupRates rates = FullReport.of(all, null, GROUPS, true).byGroup();
    GroupRates.Group few = rates.groups().get(0);
    GroupRates.Group many = rates.groups().get(1);
    double a = few.fmr().get("1e-3").value();
    double b = many.fmr().get("1e-3").value();
    GroupRates.Spread spread = rates.fmr("1e-3");
    assertThat(spread.ratio()).isCloseTo(Math.max(a, b) / Math.min(a, b), within(1e-12));
    assertThat(spread.smallest()).isEqualTo(a <= b ? "few" : "many");
    assertThat(spread.largest()).isEqualTo(a <= b ? "many" : "few");
    assertThat(rates.fnmr("1e-3").most()).isEqualTo(Math.max(few.fnmr("1e-3"), many.fnmr("1e-3")));
    assertThat(FullReport.of(all, null, label -> "one", true).byGroup().fmr("1e-3")).isNull();
  }

  @Test
  void aFileNamesGroupsByLabels() throws IOException {
    Path file = Files.writeString(folder.resolve("groups.tsv"), "7\tb c\r\n\n8\ta\n7\tb c\n");
    ArrayEmbeddings rows =
        ArrayEmbeddings.normalising(new float[] {1, 2, 3}, 1, new long[] {7, 8, 9});
    LongFunction<String> groupOf = GroupFile.read(file).of(rows);
    assertThat(groupOf.apply(7)).isEqualTo("b c");
    assertThat(groupOf.apply(8)).isEqualTo("a");
    assertThat(groupOf.apply(9)).isNull();
    ArrayEmbeddings others = ArrayEmbeddings.normalising(new float[] {1}, 1, new long[] {5});
    assertThatThrownBy(() -> GroupFile.read(file).of(others))
        .hasMessage(
            file
                + ": names none of the set's identities; wanted their names as the set has them,"
                + " such as label 5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 a | line 1: got '7 a', wanted an identity, a tab and its group",
        "7\\ta\\n8\\t | line 2: got '8?', wanted an identity, a tab and its group",
        "7\\ta\\n7\\tb | line 2: identity 7 is in group a and in group b, wanted one",
        "\\n | got 0 groups, wanted 1 to 1,000",
      })
  void aWrongLineIsToldByItsNumber(String text, String expected) throws IOException {
    String written = text.replace("\\t", "\t").replace("\\n", "\n");
    Path file = Files.writeString(folder.resolve("groups.tsv"), written);
    assertThatThrownBy(() -> GroupFile.read(file)).hasMessageContaining(expected);
  }
}
