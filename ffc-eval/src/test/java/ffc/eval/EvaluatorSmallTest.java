package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.ImageEmbedder;
import ffc.eval.embedding.MirrorSum;
import ffc.eval.roc.EvalResult;
import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The evaluator on a few images of two pixels: their embeddings are the pixels themselves. */
class EvaluatorSmallTest {
  @TempDir Path temp;

  private static final ImageEmbedder PIXELS =
      new ImageEmbedder() {
        @Override
        public ImageShape shape() {
          return new ImageShape(1, 1, 2);
        }

        @Override
        public int dim() {
          return 2;
        }

        @Override
        public void embed(ByteBuffer images, int count, float[] out, int offset) {
          for (int i = 0; i < 2 * count; i++) {
            out[offset + i] = images.get(i) & 0xff;
          }
        }
      };

  private void image(String name, int left, int right) throws IOException {
    Path file = temp.resolve(name);
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setPixels(0, 0, 2, 1, new int[] {left, right});
    ImageIO.write(image, "png", file.toFile());
  }

  /** Two identities whose images are alike, one of a single image that is unlike them. */
  private String folder() throws IOException {
    image("set/a/0.png", 200, 0);
    image("set/a/1.png", 200, 20);
    image("set/b/0.png", 0, 200);
    image("set/b/1.png", 10, 200);
    image("set/c/0.png", 100, 100);
    return temp.resolve("set").toString();
  }

  private static EvaluateConfig part(String format, String path, int images) {
    return EvaluateConfigBuilder.builder(config(format, path, null, false, null))
        .images(images)
        .build();
  }

  @Test
  void aPartHoldsTwoIdentitiesAtLeastHoweverLargeTheyAre() throws IOException {
    String path = folder();
    try (Evaluator evaluator = new Evaluator()) {
      for (int images = 1; images <= 4; images++) {
        EvalResult result = evaluator.evaluate(part("folder", path, images), PIXELS);
        assertThat(result.identities()).as("of %d images", images).isEqualTo(2);
        assertThat(result.images()).isEqualTo(4);
        assertThat(result.rankN()).containsEntry(1, 1.0);
        assertThat(result.notes())
            .containsExactly("on a part of the set: 2 of its 3 identities, 4 of its 5 images");
      }
      assertThat(evaluator.evaluate(part("folder", path, 5), PIXELS).notes()).isEmpty();
    }
  }

  @Test
  void aPartReachesToTheFirstIdentityWithAPair() throws IOException {
    for (String name : List.of("a/0", "b/0", "c/0", "d/0", "d/1", "e/0", "e/1")) {
      image("rare/" + name + ".png", 100, name.charAt(0));
    }
    String path = temp.resolve("rare").toString();
    try (Evaluator evaluator = new Evaluator()) {
      for (int images : new int[] {1, 3, 5, 6}) {
        EvalResult result = evaluator.evaluate(part("folder", path, images), PIXELS);
        assertThat(result.identities()).as("of %d images", images).isEqualTo(4);
        assertThat(result.images()).isEqualTo(5);
      }
    }
    for (String name : List.of("a/0", "b/0", "c/0")) {
      image("single/" + name + ".png", 100, name.charAt(0));
    }
    try (Dataset none =
        EvaluationSets.labelled(part("folder", temp.resolve("single").toString(), 1))) {
      assertThat(none.identities()).as("of a set without any pair").isEqualTo(2);
    }
    image("alone/a/0.png", 1, 1);
    image("alone/a/1.png", 1, 1);
    try (Dataset one =
        EvaluationSets.labelled(part("folder", temp.resolve("alone").toString(), 1))) {
      assertThat(one.images()).as("of a set of one identity").isEqualTo(2);
    }
  }

  @Test
  void aPartOfASetOfPairsHasTheKindsOfTheWholeOne() throws IOException {
    String rare = "1" + "0".repeat(79);
    for (String kinds : List.of("10", "1100", "10000", "0111", rare, rare.replace('0', '2'))) {
      String path = pairs(80, kinds.replace("12", "01").replace('2', '1'));
      for (int images : new int[] {1, 19, 20, 40, 41, 158}) {
        EvaluateConfig config = part("pairs", path, images);
        try (VerificationSet part = EvaluationSets.pairs(config);
            VerificationSet all = VerificationSets.open("pairs", Path.of(path));
            Evaluator evaluator = new Evaluator()) {
          int pairs = Math.max(10, images / 2);
          String what = kinds + " " + images;
          assertThat(part.pairs()).as(what).isEqualTo(pairs);
          double share = IntStream.range(0, 80).filter(all::same).count() / 80.0;
          long genuine = IntStream.range(0, pairs).filter(part::same).count();
          assertThat(genuine).as(what).isBetween(1L, pairs - 1L);
          assertThat((double) genuine).as(what).isCloseTo(share * pairs, within(1.0));
          // Half of them in the first half of the list.
          if (kinds.length() < 6) {
            long early = IntStream.range(0, pairs / 2).filter(part::same).count();
            assertThat((double) early).as(what).isCloseTo(genuine / 2.0, within(1.5));
          }
          EvalResult result = evaluator.evaluate(config, PIXELS);
          assertThat(result.scores().genuine()).as(what).endsWith(genuine);
          assertThat(result.scores().impostor()).as(what).startsWith(pairs - genuine);
          assertThat(result.notes())
              .contains("on a part of the set: %d of its 80 pairs".formatted(pairs));
        }
      }
      EvaluateConfig whole = part("pairs", path, 160);
      try (Evaluator evaluator = new Evaluator()) {
        assertThat(evaluator.evaluate(whole, PIXELS).images()).isEqualTo(160);
      }
    }
  }

  private static EvaluateConfig config(
      String format,
      String path,
      EvaluateConfig.Net net,
      Boolean flip,
      EvaluateConfig.Strata strata) {
    return EvaluateConfigBuilder.builder()
        .name("set")
        .format(format)
        .path(path)
        .net(net)
        .flip(flip)
        .strata(strata)
        .build();
  }

  @Test
  void labelledImagesAreComparedAndSearchedFor() throws IOException {
    EvaluateConfig config = config("folder", folder(), EvaluateConfig.Net.gallery, null, null);
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, PIXELS);
      assertThat(result.name()).isEqualTo("set@gallery");
      assertThat(result.images()).isEqualTo(5);
      assertThat(result.identities()).isEqualTo(3);
      assertThat(result.accuracyMean()).isNull();
      assertThat(result.rankN()).containsEntry(1, 1.0);
      assertThat(result.cmc()).hasSize(20);
      assertThat(result.tarAtFar()).as("8 impostor pairs resolve no rate").isEmpty();
      assertThat(result.roc()).last().isEqualTo(new EvalResult.RocPoint(1, 1));
      assertThat(result.scores().genuine()).endsWith(2);
      assertThat(result.neighbours()).hasSize(4);
      assertThat(result.groups()).isEmpty();
      assertThat(result.notes()).isEmpty();
      assertThat(result.flip()).isFalse();
      assertThat(result.seconds()).isBetween(0.0, 600.0);
      assertThat(evaluator.evaluate(config, PIXELS).rankN()).isEqualTo(result.rankN());
    }
  }

  @Test
  void withTheMirroredImageAddedLeftAndRightAreTheSame() throws IOException {
    EvaluateConfig config = config("folder", folder(), null, true, null);
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, PIXELS);
      assertThat(result.name()).isEqualTo("set");
      assertThat(result.flip()).isTrue();
      assertThat(result.rankN()).containsEntry(1, 0.0);
    }
  }

  @Test
  void strataAreOfTheSetOrOfTheTrainingSet() throws IOException {
    String path = folder();
    EvaluateConfig own = config("folder", path, null, null, EvaluateConfig.Strata.own);
    EvaluateConfig training = config("folder", path, null, null, EvaluateConfig.Strata.training);
    image("training/b/0.png", 1, 1);
    for (int i = 0; i < 4; i++) {
      image("training/a/" + i + ".png", 1, 1);
    }
    try (Dataset set =
            DataSets.open(new DataConfig.Source("folder", temp.resolve("training").toString()));
        Evaluator evaluator = new Evaluator(set, 1);
        Evaluator without = new Evaluator()) {
      assertThat(evaluator.evaluate(own, PIXELS).groups())
          .extracting(group -> group.name() + " " + group.identities())
          .containsExactly("all 3", "tail 3");
      assertThat(evaluator.evaluate(training, PIXELS).groups())
          .extracting(group -> group.name() + " " + group.identities())
          .containsExactly("all 3", "middle 1", "tail 1", "unseen 1");
      assertThat(without.evaluate(own, PIXELS).groups()).hasSize(2);
      assertThatThrownBy(() -> without.evaluate(training, PIXELS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("strata need the training set");
    }
  }

  @Test
  void featuresAreThoseOfTheNetworkAndEmbeddingsOfUnitLength() throws IOException {
    try (Dataset set = DataSets.open(new DataConfig.Source("folder", folder()))) {
      assertThat(Evaluator.features(set, PIXELS))
          .containsExactly(200, 0, 200, 20, 0, 200, 10, 200, 100, 100);
      ArrayEmbeddings unit = Evaluator.embed(set, PIXELS);
      float[] row = new float[2];
      unit.read(4, 1, row, 0);
      assertThat(row).containsExactly((float) Math.sqrt(0.5), (float) Math.sqrt(0.5));
      assertThat(unit.label(3)).isEqualTo(1);
    }
  }

  private String pairs(int count, String kinds) throws IOException {
    folder();
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      boolean same = kinds.charAt(i % kinds.length()) == '1';
      lines.append("set/a/0.png ").append(same ? "set/a/1.png 1\n" : "set/b/0.png 0\n");
    }
    return Files.writeString(temp.resolve("pairs.txt"), lines).toString();
  }

  @Test
  void pairsAreJudgedInFolds() throws IOException {
    EvaluateConfig config = config("pairs", pairs(20, "10"), null, false, null);
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, PIXELS);
      assertThat(result.images()).isEqualTo(40);
      assertThat(result.identities()).isZero();
      assertThat(result.accuracyMean()).isEqualTo(1);
      assertThat(result.accuracyStd()).isZero();
      assertThat(result.tarAtFar()).containsExactly(Map.entry("1e-3", 1.0));
      assertThat(result.roc()).last().isEqualTo(new EvalResult.RocPoint(1, 1));
      // Cosines 0.995 and 0.
      assertThat(result.scores().low()).isZero();
      assertThat(result.scores().impostor()).startsWith(10).endsWith(0);
      assertThat(result.scores().genuine()).startsWith(0).endsWith(10);
      assertThat(result.rankN()).isEmpty();
      assertThat(result.notes()).isEmpty();
      assertThat(result.flip()).isFalse();
      assertThat(result.seconds()).isBetween(0.0, 600.0);
    }
  }

  @Test
  void pairsOfOneKindHaveNoRateAndSaySo() throws IOException {
    EvaluateConfig config = config("pairs", pairs(20, "1"), null, null, null);
    try (Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(config, PIXELS);
      assertThat(result.flip()).isTrue();
      assertThat(result.tarAtFar()).isEmpty();
      assertThat(result.roc()).isEmpty();
      assertThat(result.scores()).isNull();
      assertThat(result.notes())
          .isEqualTo(
              List.of("TAR is not defined: pairs of one kind only, or all of a kind in one fold"));
    }
    EvaluateConfig impostors = config("pairs", pairs(20, "0"), null, null, null);
    try (Evaluator evaluator = new Evaluator()) {
      assertThat(evaluator.evaluate(impostors, PIXELS).scores()).isNull();
    }
  }

  @Test
  void foldsWithoutARateAreNamed() throws IOException {
    EvaluateConfig config =
        config("pairs", pairs(20, "1".repeat(16) + "0".repeat(4)), null, false, null);
    try (Evaluator evaluator = new Evaluator()) {
      assertThat(evaluator.evaluate(config, PIXELS).notes())
          .containsExactly(
              "TAR leaves out folds 9, 10 of 10, which have no genuine pair or all impostor pairs;"
                  + " a list sorted by kind should be shuffled");
    }
  }

  @Test
  void anEmbeddingThatIsNotFiniteEndsIt() throws IOException {
    String pairs = pairs(20, "10");
    ImageEmbedder broken =
        new ImageEmbedder() {
          @Override
          public ImageShape shape() {
            return PIXELS.shape();
          }

          @Override
          public int dim() {
            return 2;
          }

          @Override
          public void embed(ByteBuffer images, int count, float[] out, int offset) {
            out[offset + 2 * count - 1] = Float.NaN;
          }
        };
    try (Evaluator evaluator = new Evaluator()) {
      assertThatThrownBy(() -> evaluator.evaluate(config("pairs", pairs, null, null, null), broken))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("embeddings: row 39 holds NaN");
    }
  }

  @Test
  void theMirroredImageIsAddedRowByRow() {
    ImageShape shape = new ImageShape(3, 2, 3);
    ImageEmbedder pixels =
        new ImageEmbedder() {
          @Override
          public ImageShape shape() {
            return shape;
          }

          @Override
          public int dim() {
            return shape.bytes();
          }

          @Override
          public void embed(ByteBuffer images, int count, float[] out, int offset) {
            for (int i = 0; i < count * dim(); i++) {
              out[offset + i] = images.get(i);
            }
          }
        };
    MirrorSum sum = new MirrorSum(pixels);
    assertThat(sum.dim()).isEqualTo(18);
    assertThat(sum.shape()).isEqualTo(shape);
    for (int count : new int[] {1, 3, 2}) {
      ByteBuffer images = ByteBuffer.allocateDirect(count * 18);
      for (int i = 0; i < images.capacity(); i++) {
        images.put(i, (byte) (i * i % 50));
      }
      float[] out = new float[count * 18 + 5];
      sum.embed(images, count, out, 5);
      assertThat(out).startsWith(0, 0, 0, 0, 0);
      for (int i = 0; i < count * 18; i++) {
        int mirrored = i / 3 * 3 + 2 - i % 3;
        assertThat(out[5 + i]).isEqualTo(images.get(i) + images.get(mirrored));
      }
    }
  }
}
