package ffc.eval.pairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.roc.Bootstrap;
import ffc.eval.roc.IdentityGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplatesTest {
  @TempDir Path folder;

  @Test
  void averagesWithinAMediaAndSumsOverMedia() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("tid_mid.txt"), "a.jpg 7 1\nb.jpg 7 2\nc.jpg 7 2\nd.jpg 3 2\n");
    Templates templates = Templates.read(file);
    assertThat(templates.names()).containsExactly("a.jpg", "b.jpg", "c.jpg", "d.jpg");
    float[] features = {3, 0, 0, 1, 0, 5, 0, -2};
    ArrayEmbeddings pooled =
        templates.pool(features.clone(), 2, null, new Templates.Flags(true, false, false));
    assertThat(pooled.label(0)).isEqualTo(3);
    assertThat(pooled.label(1)).isEqualTo(7);
    float[] rows = new float[4];
    pooled.read(0, 2, rows, 0);
    // (3, 0) + ((0, 1) + (0, 5)) / 2 = (3, 3)
    double half = Math.sqrt(0.5);
    assertThat(rows[1]).isEqualTo(-1f);
    assertThat((double) rows[2]).isCloseTo(half, within(1e-6));
    assertThat((double) rows[3]).isCloseTo(half, within(1e-6));

    pooled =
        templates.pool(
            features, 2, new float[] {1, 2, 0, 1}, new Templates.Flags(true, true, true));
    pooled.read(0, 2, rows, 0);
    // Unit images, weighted: (1, 0) + (2 (0, 1) + 0 (0, 1)) / 2 = (1, 1)
    assertThat((double) rows[2]).isCloseTo(half, within(1e-6));
    assertThat((double) rows[3]).isCloseTo(half, within(1e-6));
  }

  @Test
  void readsPairsAndReportsRates() throws IOException {
    Path file = Files.writeString(folder.resolve("pairs.txt"), "1 2 1\n1 3 0\n2 3 0\n");
    Templates.Pairs pairs = Templates.Pairs.read(file);
    ArrayEmbeddings rows =
        ArrayEmbeddings.normalising(new float[] {1, 0, 1, 0.1f, 0, 1}, 2, new long[] {1, 2, 3});
    Map<String, IdentityGroup.Share> rates = Templates.verify(rows, pairs);
    assertThat(rates.keySet()).containsExactly("1e-6", "1e-5", "1e-4", "1e-3", "1e-2", "1e-1");
    assertThat(rates.values()).containsOnly(new IdentityGroup.Share(1, 1, 1, 1));
    assertThatThrownBy(
            () ->
                Templates.verify(
                    rows, new Templates.Pairs(new int[] {1}, new int[] {9}, new boolean[] {true})))
        .hasMessageContaining("line 1: got template 9 without images");
  }

  /** Templates 1 to 3 are one identity, of which no pair names the first and the third. */
  @Test
  void intervalsAreOverIdentities() {
    int[] first = {1, 3, 4, 6, 1, 2};
    int[] second = {2, 2, 5, 7, 4, 5};
    boolean[] same = {true, true, true, true, false, false};
    float[] scores = {0.9f, 0.8f, 0.3f, 0.7f, 0.5f, 0.1f};
    GenuinePairs genuine = GenuinePairs.of(new Templates.Pairs(first, second, same), scores);
    assertThat(genuine.identities()).isEqualTo(3);
    assertThat(genuine.identity()).containsExactly(0, 0, 1, 2);
    Bootstrap.Interval interval =
        Bootstrap.of(new long[] {2, 0, 1}, new long[] {2, 1, 1}, 1000, 0.95, 1);
    assertThat(interval.low()).isLessThan(0.75);
    assertThat(genuine.share(0.75))
        .isEqualTo(new IdentityGroup.Share(0.75, interval.low(), interval.high(), 4));
    assertThat(genuine.share(0)).isEqualTo(new IdentityGroup.Share(0, 0, 0, 4));
  }

  @Test
  void namesTheBrokenLine() throws IOException {
    Path file = Files.writeString(folder.resolve("pairs.txt"), "1 2 1\n1 x 0\n");
    assertThatThrownBy(() -> Templates.Pairs.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pairs.txt: line 2: got '1 x 0', wanted 'template template 0|1'");
    Files.writeString(file, "1 2 7\n");
    assertThatThrownBy(() -> Templates.Pairs.read(file)).hasMessageContaining("got answer 7");
  }
}
