package ffc.loaders.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.decode.PhotoDecoderTest;
import ffc.loaders.image.Fit;
import ffc.loaders.sample.HeldOut;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A folder as people have them: twelve persons, 57 pictures of all formats, from 97x131 to
 * 1200x800, an empty folder and a text file; and around them what else lies on disks.
 */
class PhotoImportTest {
  private static final String[] DRAWN = {"png", "jpg", "bmp", "JPG", "gif", "tif"};

  @TempDir Path dir;
  private Path photos;

  @BeforeEach
  void people() throws IOException {
    photos = dir.resolve("photos");
    for (int i = 0; i < 57; i++) {
      int person = i % 12;
      Path folder = Files.createDirectories(photos.resolve(name(person)));
      if (i == 40 || i == 41) {
        Files.copy(
            PhotoDecoderTest.FOLDER.resolve(i == 40 ? "webp-lossless.webp" : "jpeg-cmyk-black.jpg"),
            folder.resolve("photo" + i + (i == 40 ? ".webp" : ".jpeg")));
      } else {
        String ending = DRAWN[i % 6];
        int width = i == 0 ? 97 : i == 1 ? 1200 : 100 + 3 * i;
        int height = i == 0 ? 131 : i == 1 ? 800 : 180 - i;
        Files.write(folder.resolve("photo " + i + "." + ending), drawn(width, height, ending, i));
      }
    }
    Files.createDirectories(photos.resolve("nobody"));
    Files.writeString(photos.resolve(name(3)).resolve("notes.txt"), "born in May\n");
  }

  private static String name(int person) {
    return person == 11 ? "family/Zoë Müller" : "person" + person;
  }

  private static byte[] drawn(int width, int height, String ending, int seed) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        double wave = Math.sin(x * (0.02 + 0.003 * seed)) * Math.cos(y * (0.05 - 0.0007 * seed));
        int level = (int) (128 + 120 * wave);
        image.setRGB(x, y, level << 16 | (255 - level) << 8 | (x * 255 / width));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, ending.toLowerCase(java.util.Locale.ROOT), bytes);
    return bytes.toByteArray();
  }

  private PhotoImport.Result run(String out, Fit fit, int channels, int workers) {
    return PhotoImport.run(
        options(photos, out, new ImageShape(channels, 112, 112), fit, workers), Progress.NONE);
  }

  private PhotoImport.Options options(
      Path source, String out, ImageShape shape, Fit fit, int workers) {
    return new PhotoImport.Options(source, dir.resolve(out), shape, fit, null, 0, 1, workers);
  }

  private static Map<String, Integer> images(Path pack) {
    Map<String, Integer> images = new TreeMap<>();
    try (Dataset data = DataSets.open(new DataConfig.Source("recordio", pack.toString()))) {
      for (long id = 0; id < data.identities(); id++) {
        images.put(Long.toString(id), (int) data.imageCount(id));
      }
    }
    return images;
  }

  @Test
  void aFolderOfPeopleBecomesAPackAndWhatIsLeftOutIsNamed() throws IOException {
    PhotoImport.Result result = run("pack", Fit.crop, 3, 2);

    assertThat(images(dir.resolve("pack/train.rec"))).hasSize(12);
    assertThat(images(dir.resolve("pack/train.rec")).values().stream().mapToInt(i -> i).sum())
        .isEqualTo(57);
    assertThat(dir.resolve("pack/train.property")).content().isEqualTo("12,112,112\n");
    assertThat(dir.resolve("pack/train.labels.tsv"))
        .content()
        .startsWith("label\tidentity\timages\n0\tfamily/Zoë Müller\t4\n1\tperson0\t5\n");
    assertThat(dir.resolve("pack/left-out.tsv"))
        .content()
        .isEqualTo(
            "path\tkind\treason\n"
                + "nobody\tfolder without a picture\t\n"
                + "person3/notes.txt\tno picture\tits first bytes are those of no picture\n");
    assertThat(result.text())
        .contains("12 identities, 57 pictures of 112x112", "1 folder without a picture: nobody")
        .contains("1 no picture: person3/notes.txt");
  }

  @Test
  void thePackDependsOnNoNumberOfWorkers() throws IOException {
    for (String file : List.of("train.rec", "train.idx", "train.labels.tsv", "left-out.tsv")) {
      if (!Files.exists(dir.resolve("one"))) {
        run("one", Fit.pad, 1, 1);
        run("five", Fit.pad, 1, 5);
      }
      assertThat(dir.resolve("five").resolve(file))
          .hasSameBinaryContentAs(dir.resolve("one").resolve(file));
    }
  }

  @Test
  void oddFilesAreNamedWithTheirReasons() throws IOException {
    Path person = photos.resolve("person1");
    byte[] picture = drawn(130, 120, "jpg", 77);
    Files.write(person.resolve("cut.jpg"), java.util.Arrays.copyOf(picture, 900));
    Files.write(person.resolve("whole.jpg"), picture);
    Files.write(person.resolve("whole again.png"), picture);
    Files.write(photos.resolve("person2/whole too.jpg"), picture);
    Files.write(person.resolve("small.bmp"), drawn(130, 120, "bmp", 77));
    Files.write(photos.resolve("alone.jpg"), picture);
    Files.write(person.resolve(".hidden.jpg"), picture);
    Files.createFile(person.resolve("nothing.jpg"));
    Files.writeString(person.resolve("phone.heic"), "\0\0\0\30ftypheic\0\0\0\0");
    Files.writeString(person.resolve("Thumbs.db"), "x");
    Files.createSymbolicLink(person.resolve("gone.jpg"), Path.of("nowhere.jpg"));
    Files.createSymbolicLink(person.resolve("up"), photos);
    Path elsewhere = Files.createDirectories(dir.resolve("elsewhere"));
    Files.write(elsewhere.resolve("linked.jpg"), drawn(120, 120, "jpg", 90));
    Files.createSymbolicLink(photos.resolve("person99"), elsewhere);
    Files.createDirectories(photos.resolve("broken"));
    Files.writeString(photos.resolve("broken/a.png"), "\u0089PNG but not really");

    PhotoImport.Result result = run("pack", Fit.stretch, 3, 2);

    assertThat(images(dir.resolve("pack/train.rec"))).hasSize(13);
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(dir.resolve("pack/left-out.tsv"))) {
      String[] fields = line.split("\t", -1);
      assertThat(fields).hasSize(3);
      lines.add(fields[0] + " | " + fields[1]);
    }
    assertThat(lines)
        .containsExactlyInAnyOrder(
            "path | kind",
            "alone.jpg | outside of an identity's folder",
            "broken | folder without a picture",
            "broken/a.png | no picture",
            "nobody | folder without a picture",
            "person1/.hidden.jpg | hidden or of the system",
            "person1/Thumbs.db | hidden or of the system",
            "person1/cut.jpg | cannot be read",
            "person1/gone.jpg | link that leads nowhere or back",
            "person1/nothing.jpg | no picture",
            "person1/phone.heic | of a format that is not read",
            "person1/up | link that leads nowhere or back",
            "person1/whole.jpg | the same bytes as another of its identity",
            "person3/notes.txt | no picture");
    assertThat(result.leftOut().values().stream().mapToLong(i -> i).sum())
        .isEqualTo(lines.size() - 1);
    assertThat(dir.resolve("pack/duplicates.tsv"))
        .content()
        .contains("person2/whole too.jpg\tthe same bytes under another identity\tperson1\n")
        .contains("person1/whole again.png\tlooks like another of its identity\tperson1/small.bmp");
  }

  @Test
  void whatCannotBeDoneIsSaidBeforeAnythingIsMade() throws IOException {
    Path empty = Files.createDirectories(dir.resolve("empty"));
    Path texts = Files.createDirectories(dir.resolve("texts/one"));
    Files.writeString(texts.resolve("a.txt"), "text");
    for (Path source : List.of(dir.resolve("none"), empty, texts.getParent())) {
      assertThatThrownBy(
              () ->
                  PhotoImport.run(
                      options(source, "new", new ImageShape(3, 112, 112), Fit.crop, 1),
                      Progress.NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith(source.toString())
          .hasMessageNotContaining("\n");
      assertThat(dir.resolve("new")).doesNotExist();
    }
    photos = photos.resolve("person0");
    assertThatThrownBy(() -> run("photos/person0/pack", Fit.crop, 3, 1))
        .hasMessageContaining("lies inside");
    photos = photos.getParent();
    run("pack", Fit.crop, 3, 2);
    assertThatThrownBy(() -> run("pack", Fit.crop, 3, 2)).hasMessageContaining("exists already");
  }

  @Test
  void identitiesAreHeldOutTheSameForTheSameSeed() throws IOException {
    PhotoImport.Result first = open("first", 4, 1, 1);
    open("again", 4, 1, 3);
    open("other", 4, 2, 2);

    for (String file : List.of("train.rec", "open.rec", "train.labels.tsv", "open.labels.tsv")) {
      assertThat(dir.resolve("again").resolve(file))
          .hasSameBinaryContentAs(dir.resolve("first").resolve(file));
    }
    assertThat(names("other")).isNotEqualTo(names("first"));
    assertThat(images(dir.resolve("first/train.rec"))).hasSize(8);
    assertThat(images(dir.resolve("first/open.rec"))).hasSize(4);
    List<String> all = new ArrayList<>(names("first"));
    for (String line : Files.readAllLines(dir.resolve("first/train.labels.tsv"))) {
      all.add(line.split("\t", -1)[1]);
    }
    assertThat(all).hasSize(1 + 12).doesNotHaveDuplicates();
    assertThat(first.open().values().stream().mapToLong(i -> i).sum()).isEqualTo(4);
    assertThat(first.text()).contains("open.rec: 4 identities", "images an identity");
    assertThatThrownBy(() -> open("none", 12, 1, 1))
        .hasMessageContaining("identities to hold out: 12, wanted 1 to 11");
    assertThat(dir.resolve("none")).doesNotExist();
    assertThatThrownBy(() -> open("first", 4, 1, 1)).hasMessageContaining("exists already");
  }

  /** Every identity has the same chance, whatever it has: 400 seeds, 4 of 12 each. */
  @Test
  void allIdentitiesHaveTheSameChance() {
    int[] times = new int[12];
    for (int seed = 0; seed < 400; seed++) {
      HeldOut.choose("a set", 12, 4, id -> true, seed).stream().forEach(id -> times[id]++);
    }
    for (int of : times) {
      assertThat(of).isBetween(133 - 40, 133 + 40); // four standard deviations
    }
  }

  private List<String> names(String out) throws IOException {
    return Files.readAllLines(dir.resolve(out).resolve("open.labels.tsv")).stream()
        .map(line -> line.split("\t", -1)[1])
        .filter(name -> !name.equals("identity"))
        .toList();
  }

  private PhotoImport.Result open(String out, long open, long seed, int workers) {
    return PhotoImport.run(
        new PhotoImport.Options(
            photos,
            dir.resolve(out),
            new ImageShape(3, 112, 112),
            Fit.crop,
            null,
            open,
            seed,
            workers),
        Progress.NONE);
  }

  private PhotoImport.Result aligned(String out, String lines) throws IOException {
    Path marks = Files.writeString(dir.resolve("marks.txt"), lines);
    return PhotoImport.run(
        new PhotoImport.Options(
            photos, dir.resolve(out), new ImageShape(3, 112, 112), Fit.crop, marks, 0, 1, 2),
        Progress.NONE);
  }

  @Test
  void facesAreAlignedAndThoseWithoutPointsAreNamed() throws IOException {
    String points = " 40 50 75 52 57 70 42 92 72 93\n";
    PhotoImport.Result result =
        aligned(
            "pack",
            "# picture, then x and y of five points\n\n"
                + ("person0/photo 0.png" + points)
                + ("person1/photo 1.jpg" + points).replace(' ', '\t').replace("photo\t", "photo ")
                + ("person2/photo 2.bmp" + points).replace(" ", ",").replace("photo,", "photo ")
                + "person3/photo 3.JPG 75 52 40 50 57 70 72 93 42 92\n"
                + "person3/nobody.jpg"
                + points);

    assertThat(images(dir.resolve("pack/train.rec"))).hasSize(3);
    assertThat(result.leftOut()).containsEntry("without five points to align by", 57L - 3);
    assertThat(result.text()).contains("1 line of " + dir.resolve("marks.txt") + " names no");
    assertThat(dir.resolve("pack/left-out.tsv"))
        .content()
        .contains("person3/photo 3.JPG\twithout five points to align by\tits points are mirrored")
        .contains("person4/photo 4.gif\twithout five points to align by\tno line of ")
        .contains("person3/notes.txt\tno picture");
  }

  @Test
  void aBadRowOfLandmarksIsOneLineAndNothingIsMade() {
    String good = "person0/photo 0.png 40 50 75 52 57 70 42 92 72 93\n";
    Map<String, String> bad =
        Map.of(
            good + "person1/photo 1.jpg 40 50 75 52 57 70 42 92 72\n",
            "line 2: got \"person1/photo 1.jpg 40 50 75 52 57 70 42 92 72\" with \"1.jpg\" as number 1,",
            good + "person1/photo 1.jpg 40 50 75 52 57 70 42 92 72 NaN\n",
            "as number 10, wanted a path and ten numbers",
            good + "1 2 3 4 5 6 7 8 9 10\n",
            "line 2: got ten numbers without a path",
            good + "x.jpg 0.1 0.2 0.3 0.2 0.2 0.3 0.1 0.4 0.3 0.4\n",
            "line 2: its five points lie within 2 pixels",
            good + good,
            "line 2: person0/photo 0.png has a line already",
            "# nothing\n",
            "holds no line with five points");
    bad.forEach(
        (lines, message) -> {
          assertThatThrownBy(() -> aligned("pack", lines))
              .hasMessageContaining(message)
              .hasMessageNotContaining("\n");
          assertThat(dir.resolve("pack")).doesNotExist();
        });
  }
}
