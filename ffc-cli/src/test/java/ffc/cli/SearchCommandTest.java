package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.Json;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class SearchCommandTest {
  private static final Path RUN = StoredRun.FOLDER.resolve("format-1/ffc-two-row");

  @TempDir Path temp;
  private Path gallery;
  private Path query;

  @BeforeEach
  void folders() throws IOException {
    gallery = temp.resolve("gallery");
    for (int i = 0; i < 24; i++) {
      Path file = gallery.resolve("person %d/%d.png".formatted(i / 4, i));
      Files.createDirectories(file.getParent());
      ImageIO.write(picture(i, 32), "png", file.toFile());
    }
    query = temp.resolve("query.png");
    ImageIO.write(picture(9, 320), "png", query.toFile());
  }

  @Test
  void aQueryOfAnySizeFindsItsPictureAgainInTextJsonAndOnAPage() throws IOException {
    Path json = temp.resolve("answer.json");
    Path page = temp.resolve("answer.html");
    StoredRun.Outcome outcome =
        search("--query", query, gallery.resolve("person 0/2.png"), "--json", json, "--out", page);

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out())
        .contains("24 images of 6 identities; 24 embedded now, 0 as before")
        .contains("what a score means is not known")
        .contains(query.toString(), "person 2", "2.png (the same file)", "page " + page);
    JsonNode found = Json.parse(Files.readString(json)).path("queries").path(0).path("found");
    assertThat(found).hasSize(5);
    assertThat(found.path(0).path("path").asString()).endsWith("person 2/9.png");
    assertThat(found.path(0).path("score").asDouble()).isGreaterThan(0.99);
    assertThat(page)
        .content()
        .contains("<b>person 2</b>", "data:image/png;base64,", "the same file");

    assertThat(search("--query", query, "--top", 2, "--one-each").out())
        .contains("0 embedded now, 24 as before")
        .containsPattern("(?s) 1 .*person 2.* 2 .*person [^2]")
        .doesNotContainPattern(" 3  +[0-9.-]+  person");
  }

  @Test
  void scoresMeanWhatTheEvaluationOfTheRunSays() throws IOException {
    Path run = temp.resolve("run");
    copy(RUN, run);
    Files.writeString(
        run.resolve("evaluations.jsonl"),
        "{\"step\":3,\"set\":\"open\",\"flip\":false,\"scores\":{\"low\":-1,\"width\":1,"
            + "\"genuine\":[0,5],\"impostor\":[990,10]}}\n");
    StoredRun.Outcome outcome =
        StoredRun.ffc("search", "--checkpoint=" + run, "--gallery=" + gallery, "--query=" + query);
    assertThat(outcome.out())
        .contains(
            "share of the 1,000 pairs of different identities", "in evaluation open at step 3")
        .contains("<= 0.01", "<= 0.24");
    assertThat(run.resolve("search")).isDirectoryContaining("glob:**.npy");
  }

  @Test
  void theNamesThatAnImportGaveAreTold() {
    Path pack = temp.resolve("pack");
    assertThat(
            StoredRun.ffc(
                    "data",
                    "import",
                    gallery.toString(),
                    "--size=32",
                    "--channels=1",
                    "--out=" + pack)
                .code())
        .isZero();
    gallery = pack.resolve("train.rec");
    assertThat(search("--query", query).out()).contains("person 2", "train.rec key 10 ");
  }

  @Test
  void badQueriesAreOneLineBeforeAnythingIsMade() throws IOException {
    Path text = Files.writeString(temp.resolve("text.jpg"), "no picture");
    Path cut =
        Files.write(
            temp.resolve("cut.png"), java.util.Arrays.copyOf(Files.readAllBytes(query), 100));
    for (Path bad : List.of(temp.resolve("none.png"), text, cut, temp)) {
      StoredRun.Outcome outcome = search("--query", query, bad);
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
      assertThat(outcome.err()).startsWith("--query " + bad + ": ").hasLineCount(1);
    }
    assertThat(search("--out", temp.resolve("x.html")).err()).contains("add --query FILE");
    assertThat(search("--query", query, "--out", temp.resolve("x.txt")).err())
        .contains("ends in .html");
    assertThat(temp.resolve("cache")).doesNotExist();
  }

  private StoredRun.Outcome search(Object... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "search",
                "--checkpoint=" + RUN,
                "--gallery=" + gallery,
                "--cache=" + temp.resolve("cache")));
    Stream.of(more).map(Object::toString).forEach(words::add);
    return StoredRun.ffc(words.toArray(String[]::new));
  }

  private static BufferedImage picture(int number, int size) {
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < 16; i++) {
      int shade = (number * 7919 + i * i * 104729 + number * i * 31) % 256;
      graphics.setColor(new java.awt.Color(shade, shade, shade));
      graphics.fillRect(i % 4 * size / 4, i / 4 * size / 4, size / 4, size / 4);
    }
    graphics.dispose();
    return image;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
  }
}
