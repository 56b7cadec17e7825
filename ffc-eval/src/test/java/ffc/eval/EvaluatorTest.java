package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluatorTest {
  private static final String DATA = "../data/quickstart/";

  /** Pixels as the embedding, raw or averaged over 3x3 neighbours (zero beyond the edge). */
  private static final class Pixels implements ImageEmbedder {
    private final ImageShape shape = new ImageShape(1, 32, 32);
    private final int radius;

    Pixels(int radius) {
      this.radius = radius;
    }

    @Override
    public int dim() {
      return shape.bytes();
    }

    @Override
    public ImageShape shape() {
      return shape;
    }

    @Override
    public void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset) {
      for (int i = 0; i < count * dim(); i++) {
        int image = i / dim();
        int y = i / 32 % 32;
        int x = i % 32;
        out[outOffset + i] = 0;
        for (int v = Math.max(0, y - radius); v <= Math.min(31, y + radius); v++) {
          for (int u = Math.max(0, x - radius); u <= Math.min(31, x + radius); u++) {
            out[outOffset + i] += imagesU8.get(image * dim() + v * 32 + u) & 0xff;
          }
        }
      }
    }
  }

  // The expected figures were computed with NumPy from the same pixels.
  @ParameterizedTest(name = "radius {0}")
  @CsvSource({"0, 0.7744227, 0.1166479, 0.0390262", "1, 0.8243339, 0.2218165, 0.0997940"})
  void pixelsReachTheQuickStartFloors(int radius, double rank1, double tar3, double tar4) {
    EvaluateConfig config =
        EvaluateConfigBuilder.builder()
            .name("open")
            .format("recordio")
            .path(DATA + "open.rec")
            .build();
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, new Pixels(radius));
      assertThat(result.images()).isEqualTo(5630);
      assertThat(result.identities()).isEqualTo(501);
      assertThat(result.flip()).isFalse();
      // One genuine pair of 53,400, or one probe of 5,630, may fall otherwise by rounding.
      assertThat(result.metric("rank1")).isCloseTo(rank1, within(2e-4));
      assertThat(result.metric("tar_at_far.1e-3")).isCloseTo(tar3, within(2e-5));
      assertThat(result.metric("tar_at_far.1e-4")).isCloseTo(tar4, within(2e-5));
      EvalResult again = evaluator.evaluate(config, new Pixels(radius));
      assertThat(again.tarAtFar()).isEqualTo(result.tarAtFar());
      assertThat(again.rankN()).isEqualTo(result.rankN());
    }
  }

  @Test
  void judgesPairsInTenFolds() {
    EvaluateConfig config =
        EvaluateConfigBuilder.builder()
            .name("pairs")
            .format("bin")
            .path(DATA + "open.bin")
            .net(EvaluateConfig.Net.gallery)
            .build();
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, new Pixels(0));
      assertThat(result.name()).isEqualTo("pairs@gallery");
      assertThat(result.images()).isEqualTo(12_000);
      assertThat(result.flip()).isTrue();
      assertThat(result.accuracyMean()).isBetween(0.6, 0.95);
      assertThat(result.tarAtFar()).containsOnlyKeys("1e-3");
      assertThat(result.roc()).last().isEqualTo(new EvalResult.RocPoint(1, 1));
      assertThat(LongStream.of(result.scores().genuine()).sum()).isEqualTo(3000);
      assertThat(LongStream.of(result.scores().impostor()).sum()).isEqualTo(3000);
    }
  }

  @Test
  void judgesWholeIdentitiesOfAPartOnly() {
    EvaluateConfig whole = open(EvaluateConfig.Strata.own);
    EvaluateConfig part = EvaluateConfigBuilder.builder(whole).images(2000).build();
    try (Evaluator evaluator = new Evaluator();
        Dataset set = dataset("open.rec")) {
      EvalResult result = evaluator.evaluate(part, new Pixels(0));
      assertThat(set.firstImage(result.identities())).isEqualTo(result.images());
      assertThat(result.images()).isLessThanOrEqualTo(2000);
      assertThat(set.firstImage(result.identities() + 1)).isGreaterThan(2000);
      assertThat(result.notes())
          .containsExactly(
              "on a part of the set: %d of its 501 identities, %d of its 5630 images"
                  .formatted(result.identities(), result.images()));
      assertThat(result.groups().get(0).identities()).isEqualTo(result.identities());
      // The same evaluator keeps both open.
      assertThat(evaluator.evaluate(whole, new Pixels(0)).images()).isEqualTo(5630);
      EvaluateConfig more = EvaluateConfigBuilder.builder(whole).images(5630).build();
      assertThat(evaluator.evaluate(more, new Pixels(0)).notes()).isEmpty();
    }
  }

  @Test
  void aPartOfASetOfPairsKeepsTheSharesOfItsFolds() {
    EvaluateConfig config =
        EvaluateConfigBuilder.builder()
            .name("pairs")
            .format("bin")
            .path(DATA + "open.bin")
            .flip(false)
            .images(2001)
            .build();
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, new Pixels(0));
      assertThat(result.images()).isEqualTo(2000);
      assertThat(result.notes()).containsExactly("on a part of the set: 1000 of its 6000 pairs");
      assertThat(LongStream.of(result.scores().genuine()).sum()).isEqualTo(500);
      assertThat(result.tarAtFar()).containsOnlyKeys("1e-3");
    }
  }

  private static EvaluateConfig open(EvaluateConfig.Strata strata) {
    return EvaluateConfigBuilder.builder()
        .name("open")
        .format("recordio")
        .path(DATA + "open.rec")
        .strata(strata)
        .build();
  }

  private static Dataset dataset(String file) {
    return DataSets.open(new DataConfig.Source("recordio", DATA + file));
  }

  @Test
  void strataByTheirOwnSizesShareOutTheGenuinePairsAndProbesOfTheSet() {
    try (Evaluator evaluator = new Evaluator();
        Dataset set = dataset("open.rec")) {
      EvalResult result = evaluator.evaluate(open(EvaluateConfig.Strata.own), new Pixels(1));
      double accepted = 0;
      double pairs = 0;
      double found = 0;
      double probes = 0;
      for (IdentityGroup group : result.groups().subList(1, 4)) {
        LongPredicate member =
            switch (group.name()) {
              case "head" -> n -> n >= 20;
              case "middle" -> n -> n > 3 && n < 20;
              default -> n -> n <= 3;
            };
        long[] sizes =
            LongStream.range(0, set.identities()).map(set::imageCount).filter(member).toArray();
        double own = LongStream.of(sizes).mapToDouble(n -> n * (n - 1) / 2.0).sum();
        double images = LongStream.of(sizes).filter(n -> n > 1).sum();
        assertThat(group.identities()).as(group.name()).isEqualTo(sizes.length).isPositive();
        accepted += group.tarAtFar().get("1e-3").value() * own;
        pairs += own;
        found += group.rank1().value() * images;
        probes += images;
      }
      assertThat(accepted / pairs).isCloseTo(result.metric("tar_at_far.1e-3"), within(5e-5));
      assertThat(found / probes).isCloseTo(result.metric("rank1"), within(1e-9));
    }
  }

  @Test
  void strataAreMadeByTheSizesInTheTrainingSet() {
    EvaluateConfig config = open(EvaluateConfig.Strata.training);
    // Judged against itself, so that the sizes are those of the set.
    try (Dataset training = DataSets.open(new DataConfig.Source("recordio", DATA + "open.rec"));
        Evaluator evaluator = new Evaluator(training, 2)) {
      long tail = LongStream.range(0, 501).filter(id -> training.imageCount(id) < 4).count();

      EvalResult result = evaluator.evaluate(config, new Pixels(0));

      assertThat(result.groups())
          .extracting(IdentityGroup::name)
          .containsExactly("all", "head", "middle", "tail");
      assertThat(result.groups().get(0).identities()).isEqualTo(501);
      assertThat(result.groups().get(3).identities()).isEqualTo(tail);
      assertThat(result.groups().get(0).rank1().value()).isEqualTo(result.metric("rank1"));
    }
  }

  /** As far as the pairs reach: 15.8 million of them resolve a rate of 1e-7. */
  @Test
  void yieldsTheFiguresThatItNames() {
    for (String format : List.of("recordio", "bin")) {
      String file = DATA + (format.equals("bin") ? "open.bin" : "open.rec");
      EvaluateConfig config =
          EvaluateConfigBuilder.builder()
              .name("open")
              .format(format)
              .path(file)
              .flip(false)
              .build();
      try (Evaluator evaluator = new Evaluator()) {
        EvalResult result = evaluator.evaluate(config, new Pixels(0));
        for (String figure : Evaluator.figures(format)) {
          boolean resolved = Evaluator.impostorsFor(figure) <= 15_000_000;
          assertThat(result.metric(figure) != null).as(format + " " + figure).isEqualTo(resolved);
        }
      }
    }
  }

  @Test
  void mirroredSumIsSymmetric() {
    ByteBuffer images = ByteBuffer.allocateDirect(2 * 1024);
    for (int i = 0; i < 2048; i++) {
      images.put(i, (byte) (i * 31));
    }
    float[] sum = new float[2048 + 7];
    new MirrorSum(new Pixels(0)).embed(images, 2, sum, 7);
    for (int row = 0; row < 64; row++) {
      for (int col = 0; col < 32; col++) {
        int left = row * 32 + col;
        int right = row * 32 + 31 - col;
        assertThat(sum[7 + left])
            .isEqualTo((images.get(left) & 0xff) + (images.get(right) & 0xff))
            .isEqualTo(sum[7 + right]);
      }
    }
  }
}
