package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.runs.record.Json;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class ClusterCommandTest {
  private static final Path RUN = StoredRun.FOLDER.resolve("format-1/ffc-two-row");
  private static final String PACK = StoredRun.FOLDER.resolve("data/train.rec").toString();

  @TempDir Path temp;
  private Path photos;
  private Path out;

  /** Six patterns, four pictures of each that hardly differ, in two folders that say nothing. */
  @BeforeEach
  void folders() throws IOException {
    photos = temp.resolve("photos");
    out = temp.resolve("clusters");
    for (int i = 0; i < 24; i++) {
      Path file = photos.resolve("%s/%02d.png".formatted(i < 12 ? "this" : "that/deeper", i));
      Files.createDirectories(file.getParent());
      ImageIO.write(picture(i % 6, i), "png", file.toFile());
    }
    Files.writeString(photos.resolve("notes.txt"), "no picture");
  }

  @Test
  void picturesBelowAFolderBecomeAListThatTrainingReads() throws IOException {
    StoredRun.Outcome outcome = cluster(photos, "--threshold", 0.99, "--out", out);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .contains(photos + ": 24 images; 24 embedded now, 0 as before; 1 other file left out")
        .contains("merged above 0.9900\n6 clusters, 0 of them of one image; the largest has 4\n")
        .contains("24 images in 6 clusters; train on data.train: {format: manifest, path: ");
    Path list = out.resolve("clusters.tsv");
    try (Dataset data = DataSets.open(new DataConfig.Source("manifest", list.toString()))) {
      assertThat(data.identities()).isEqualTo(6);
      assertThat(data.images()).isEqualTo(24);
      for (int image = 0; image < 24; image++) {
        int first = (int) data.firstImage(data.identityOf(image));
        assertThat(number(data, image) % 6).isEqualTo(number(data, first) % 6);
      }
    }
    assertThat(out.resolve("report.html"))
        .content()
        .contains("Clusters of " + photos, "The largest clusters", "Clusters in doubt")
        .contains("data:image/png;base64,");
    assertThat(out).isDirectoryNotContaining("glob:**.rec");
    assertThat(cluster(photos, "--threshold", 0.99).out())
        .contains("0 embedded now, 24 as before")
        .doesNotContain("report.html");
  }

  private static int number(Dataset data, int image) {
    return Integer.parseInt(data.describe(image).replaceAll(".*/(\\d+)\\.png", "$1"));
  }

  @Test
  void aPackBecomesAPackWhoseIdentitiesAreTheClusters() throws IOException {
    StoredRun.Outcome outcome =
        cluster(PACK, "--threshold", 0.9, "--judge", "--least", 2, "--out", out, "--pack");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    Path rec = out.resolve("train.rec");
    assertThat(outcome.out()).contains("train on data.train: {format: recordio, path: " + rec);
    List<String> lines = Files.readAllLines(out.resolve("clusters.tsv"));
    try (Dataset before = DataSets.open(new DataConfig.Source("recordio", PACK));
        Dataset after = DataSets.open(new DataConfig.Source("recordio", rec.toString()))) {
      assertThat(after.images()).isEqualTo(lines.size()).isLessThanOrEqualTo(before.images());
      assertThat(after.identityName(0)).isEqualTo("cluster 0");
      for (int image = 0; image < lines.size(); image++) {
        String[] parts = lines.get(image).split("\t");
        assertThat(after.identityOf(image)).isEqualTo(Long.parseLong(parts[0]));
        assertThat(after.encoded(image)).isEqualTo(before.encoded(Long.parseLong(parts[1])));
        assertThat(parts[2]).isEqualTo(before.describe(Long.parseLong(parts[1])));
        assertThat(after.imageCount(after.identityOf(image))).isGreaterThan(1);
      }
    }
    assertThat(outcome.out()).containsPattern("clusters of \\d+ identities +precision +recall +F1");
  }

  /** For programs: figures in full, and every cluster, of the text's numbers. */
  @Test
  void jsonHasFiguresAndClusters() throws IOException {
    Path json = temp.resolve("made/clusters.json");
    StoredRun.Outcome outcome =
        cluster(PACK, "--threshold", 0.9, "--judge", "--json", json, "--out", out);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    JsonNode all = Json.parse(Files.readString(json));
    assertThat(all.path("source").asString()).isEqualTo(PACK);
    assertThat(all.path("threshold").asDouble()).isEqualTo(0.9);
    assertThat(all.path("checkpoint").asString()).contains("step-");
    JsonNode members = all.path("members");
    assertThat(members).hasSize(all.path("clusters").asInt());
    assertThat(outcome.out()).contains(all.path("of_one_image") + " of them of one image");
    List<String> lines = new ArrayList<>();
    for (int cluster = 0; cluster < members.size(); cluster++) {
      for (JsonNode image : members.get(cluster)) {
        lines.add(cluster + "\t" + image.path("image") + "\t" + image.path("path").asString());
      }
    }
    assertThat(lines)
        .isEqualTo(Files.readAllLines(out.resolve("clusters.tsv")))
        .hasSize(all.path("images").asInt());
    assertThat(all.path("agreement").path("pairs").path("precision").asDouble())
        .isCloseTo(figure(outcome.out(), "pairs", 1), within(1e-4));
    assertThat(all.path("agreement").path("bcubed").path("f1").asDouble())
        .isCloseTo(figure(outcome.out(), "images \\(BCubed\\)", 3), within(1e-4));
  }

  /** All in one, and each alone: what precision and recall are then is known. */
  @Test
  void judgementsAreThoseOfTheSetsOwnIdentities() throws IOException {
    double within = 0;
    double images;
    try (Dataset data = DataSets.open(new DataConfig.Source("recordio", PACK))) {
      images = data.images();
      for (long identity = 0; identity < data.identities(); identity++) {
        within += data.imageCount(identity) * (data.imageCount(identity) - 1.0) / 2;
      }
    }
    String one = cluster(PACK, "--threshold", -1, "--judge").out();
    assertThat(one).contains("1 cluster, 0 of them of one image");
    assertThat(figure(one, "pairs", 1))
        .isCloseTo(within / (images * (images - 1) / 2), within(1e-4));
    assertThat(figure(one, "pairs", 2)).isEqualTo(1);
    assertThat(figure(one, "images \\(BCubed\\)", 2)).isEqualTo(1);
    String alone = cluster(PACK, "--threshold", 1, "--judge").out();
    assertThat(figure(alone, "pairs", 1)).isEqualTo(1);
    assertThat(figure(alone, "images \\(BCubed\\)", 1)).isEqualTo(1);
    assertThat(figure(alone, "pairs", 2)).isLessThan(0.2);
  }

  private static double figure(String text, String row, int column) {
    Matcher line = Pattern.compile("(?m)^" + row + " +(\\S+) +(\\S+) +(\\S+)$").matcher(text);
    assertThat(line.find()).as(text).isTrue();
    return Double.parseDouble(line.group(column));
  }

  @Test
  void aRateIsOfTheRunsOwnEvaluation() throws IOException {
    Path run = temp.resolve("run");
    Folders.copy(RUN, run);
    Files.writeString(
        run.resolve("evaluations.jsonl"),
        "{\"step\":3,\"set\":\"open\",\"flip\":false,\"scores\":{\"low\":0.5,\"width\":0.25,"
            + "\"genuine\":[0,5],\"impostor\":[9990,10]}}\n");
    String[] words = {"cluster", "--checkpoint=" + run, photos.toString()};
    assertThat(StoredRun.ffc(with(words, "--far=1e-3")).out())
        .contains("merged above 0.7500, FAR <= 1.0e-03 in evaluation open at step 3\n");
    assertThat(StoredRun.ffc(with(words)).out()).contains("merged above 1.0000, FAR < 1.0e-04");
    assertThat(StoredRun.ffc(with(words, "--far=1e-5")).err())
        .startsWith("--far: ")
        .contains("got 1.0E-5, wanted at least 1.0e-04, one of the 10,000 pairs")
        .hasLineCount(1);
    assertThat(run.resolve("search")).isDirectoryContaining("glob:**.npy");
  }

  @Test
  void whatCannotBeDoneIsOneLineBeforeAnythingIsMade() throws IOException {
    refused(cluster(photos, "--out", out), "give --threshold COSINE");
    refused(cluster(photos, "--threshold", 1.5), "--threshold: got 1.5, wanted a cosine");
    refused(cluster(photos, "--threshold", 0.5, "--far", 0.1), "--threshold");
    refused(cluster(photos, "--threshold", 0.5, "--pack"), "add --out DIR");
    refused(cluster(photos, "--threshold", 0.5, "--least", 0), "--least");
    assertThat(temp.resolve("cache")).doesNotExist();
    refused(
        cluster(photos, "--threshold", 0.99, "--least", 5, "--out", out),
        "--least: got 5, and the largest cluster has 4 images");
    assertThat(out).doesNotExist();
    for (String there : List.of("clusters.tsv", "report.html", "train.rec")) {
      Path folder = Files.createDirectories(temp.resolve("of " + there));
      Files.writeString(folder.resolve(there), "mine");
      refused(
          cluster(PACK, "--threshold", 0.5, "--out", folder, "--pack"),
          there + ": exists already; remove it or choose another name");
      assertThat(folder).isDirectoryNotContaining(file -> !file.endsWith(there));
    }
  }

  private static void refused(StoredRun.Outcome outcome, String why) {
    assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
    assertThat(outcome.err()).contains(why).hasLineCount(1);
  }

  private StoredRun.Outcome cluster(Object source, Object... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "cluster",
                "--checkpoint=" + RUN,
                "--cache=" + temp.resolve("cache"),
                source.toString()));
    Stream.of(more).map(Object::toString).forEach(words::add);
    return StoredRun.ffc(words.toArray(String[]::new));
  }

  private static String[] with(String[] words, String... more) {
    return Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new);
  }

  private static BufferedImage picture(int pattern, int number) {
    BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < 16; i++) {
      int shade = (pattern * 7919 + i * i * 104729 + pattern * i * 31) % 250 + number % 4;
      graphics.setColor(new java.awt.Color(shade, shade, shade));
      graphics.fillRect(i % 4 * 8, i / 4 * 8, 8, 8);
    }
    graphics.dispose();
    return image;
  }
}
