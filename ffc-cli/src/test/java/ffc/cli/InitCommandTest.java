package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.ffc.FfcConfig;
import ffc.core.net.ModelConfig;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Resize;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.DatasetRules;
import ffc.runs.experiment.Experiment;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitCommandTest {
  @TempDir Path temp;

  @Test
  void theQuickStartGetsASmallGrayNetworkAndItsOpenSet() throws IOException {
    Path file = temp.resolve("x.yaml");
    StoredRun.Outcome outcome =
        StoredRun.ffc("init", "../data/quickstart/train.rec", "--out=" + file);

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out())
        .contains("20,702 images of 2,000 identities, 32x32, gray")
        .contains("2,000 slots: one for each identity", "judged   on ../data/quickstart/open.rec")
        .endsWith("wrote " + file + "; next: ./ffc train " + file + "\n");
    Experiment experiment = sound(file);
    assertThat(experiment.name()).isEqualTo("quickstart");
    assertThat(experiment.model().input()).containsExactly(1, 32, 32);
    assertThat(experiment.model().backbone()).isEqualTo(ModelConfig.Backbone.iresnet);
    assertThat(((FfcConfig) experiment.method()).capacity()).isEqualTo(2000);
    assertThat(experiment.evaluate()).hasSize(1);
    assertThat(file).content().contains("# Predicted memory: ", "# slots of the ID group: one");
  }

  /**
   * From 2 identities on, of all images one or all several, small and large, gray and in colour.
   */
  @Test
  void whatIsWrittenIsSoundForSetsOfAllKindsAndSaysNoWarning() throws IOException {
    int[][] kinds = {{2, 1, 112}, {2, 5, 24}, {3, 1, 16}, {15, 2, 64}, {16, 3, 80}, {70, 1, 40}};
    for (int[] kind : kinds) {
      Path folder = temp.resolve("it's %d of %d$".formatted(kind[0], kind[1]));
      images(folder, kind[0], kind[1], kind[2]);
      Path file = temp.resolve(kind[0] + "-" + kind[1] + ".yaml");
      StoredRun.Outcome outcome = StoredRun.ffc("init", folder.toString(), "--out=" + file);
      assertThat(outcome.code()).as(outcome.toString()).isZero();
      Experiment experiment = sound(file);
      assertThat(experiment.evaluate()).as(file.toString()).hasSize(kind[1] > 1 ? 1 : 0);
      assertThat(experiment.model().input()).containsExactly(3, kind[2], kind[2]);
    }
  }

  @Test
  void aFileThatIsWrittenTrains() throws IOException {
    Path folder = temp.resolve("people");
    images(folder, 6, 3, 32);
    Path file = temp.resolve("people.yaml");
    assertThat(StoredRun.ffc("init", folder.toString(), "--out=" + file).code()).isZero();
    Path run = temp.resolve("run");
    StoredRun.Outcome trained =
        StoredRun.ffc("train", file.toString(), "--set=run.steps=2", "--out=" + run);
    assertThat(trained.code()).as(trained.toString()).isZero();
    assertThat(run.resolve("evaluations.jsonl")).content().contains("trained-on");
  }

  /** Pictures as a camera gives them: the side of the middle one, and no import before. */
  @Test
  void picturesOfUnlikeSizesAreScaledByWhatIsWritten() throws IOException {
    Path folder = temp.resolve("photos");
    for (int i = 0; i < 24; i++) {
      image(folder.resolve("id%d/%d.png".formatted(i / 4, i)), 30 + i, 70 - i);
    }
    Path file = temp.resolve("photos.yaml");
    StoredRun.Outcome outcome = StoredRun.ffc("init", folder.toString(), "--out=" + file);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .contains("24 images of 6 identities, 24 sizes up to ", "smaller than that and enlarged")
        .contains("input    40x40, scaled whenever images are read (data.resize crop)");
    Experiment experiment = sound(file);
    assertThat(experiment.model().input()).containsExactly(3, 40, 40);
    assertThat(experiment.data().resize()).isEqualTo(Resize.crop);
    Path run = temp.resolve("run");
    StoredRun.Outcome trained =
        StoredRun.ffc("train", file.toString(), "--set=run.steps=2", "--out=" + run);
    assertThat(trained.code()).as(trained.toString()).isZero();
    assertThat(run.resolve("evaluations.jsonl")).content().contains("trained-on");
  }

  /** One size that networks cannot halve loses its edges; large ones come down to the usual. */
  @Test
  void sidesAreThoseThatNetworksHalve() throws IOException {
    int[][] kinds = {{100, 90, 100, 90, 96, 80}, {300, 200, 150, 400, 112, 112}};
    for (int[] kind : kinds) {
      Path folder = temp.resolve("of" + kind[0]);
      for (int i = 0; i < 8; i++) {
        int at = i % 2 * 2;
        image(folder.resolve("id%d/%d.png".formatted(i / 4, i)), kind[at], kind[at + 1]);
      }
      Path file = temp.resolve(kind[0] + ".yaml");
      StoredRun.Outcome outcome = StoredRun.ffc("init", folder.toString(), "--out=" + file);
      assertThat(outcome.code()).as(outcome.toString()).isZero();
      Experiment experiment = sound(file);
      assertThat(experiment.model().input()).containsExactly(3, kind[4], kind[5]);
      assertThat(experiment.data().resize()).isEqualTo(Resize.crop);
    }
  }

  private static void image(Path file, int height, int width) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int at = 0; at < height * width; at++) {
      image.setRGB(at % width, at / width, at * 0x10301);
    }
    ImageIO.write(image, "png", file.toFile());
  }

  @Test
  void badSetsAreOneLineAndLeaveNoFile() throws IOException {
    Path mixed = temp.resolve("mixed");
    images(mixed, 2, 2, 15);
    image(mixed.resolve("id1/z.png"), 60, 40);
    Path one = temp.resolve("one");
    images(one, 1, 3, 20);
    Path file = temp.resolve("x.yaml");
    Path tiny = temp.resolve("tiny");
    images(tiny, 2, 2, 15);
    refused(
        "images are 15x15 (height x width), wanted sides from 16 on: ./ffc data import",
        tiny,
        file);
    refused("wanted at least 2", one, file);
    refused("images are mostly shorter (height x width), wanted sides from 16 on", mixed, file);
    refused("no such file or folder", temp.resolve("none"), file);
    refused("ends in .yaml", mixed, temp.resolve("x.txt"));
    assertThat(file).doesNotExist();
    Files.writeString(file, "mine");
    refused("exists already", mixed, file);
    assertThat(file).hasContent("mine");
  }

  private static void refused(String why, Path source, Path out) {
    StoredRun.Outcome outcome = StoredRun.ffc("init", source.toString(), "--out=" + out);
    assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
    assertThat(outcome.err()).contains(why).hasLineCount(1);
  }

  private static Experiment sound(Path file) throws IOException {
    Experiment experiment = new ConfigLoader().load(file, List.of(), true);
    try (Dataset data = DataSets.open(experiment.data())) {
      assertThat(DatasetRules.check(experiment, data, false)).as(Files.readString(file)).isEmpty();
    }
    return experiment;
  }

  private static void images(Path folder, int identities, int each, int size) throws IOException {
    Random random = new Random(3);
    for (int i = 0; i < identities * each; i++) {
      Path file = folder.resolve("id%d/%d.png".formatted(i / each, i));
      Files.createDirectories(file.getParent());
      BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
      for (int at = 0; at < size * size; at++) {
        image.setRGB(at % size, at / size, random.nextInt(1 << 24));
      }
      ImageIO.write(image, "png", file.toFile());
    }
  }
}
