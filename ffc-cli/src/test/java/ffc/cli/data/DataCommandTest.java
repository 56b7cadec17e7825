package ffc.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DataCommandTest {
  private static final String OPEN = "../data/quickstart/open.rec";

  @TempDir Path dir;
  private final StringWriter out = new StringWriter();

  private int run(Object... arguments) {
    out.getBuffer().setLength(0);
    String[] words = new String[arguments.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = arguments[i].toString();
    }
    return new CommandLine(new DataCommand())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(out, true))
        .setExecutionExceptionHandler(
            (failure, line, parsed) -> {
              line.getErr().println(failure.getMessage());
              return 2;
            })
        .execute(words);
  }

  @Test
  void indexIsBuiltCountedAndVerified() {
    Path index = dir.resolve("index");
    assertThat(run("index", OPEN, "--out", index)).isZero();
    assertThat(out.toString()).contains("501 identities, 5,630 images");
    Path json = dir.resolve("stats.json");
    Path plot = dir.resolve("stats.svg");
    assertThat(run("stats", index, "--json", json, "--plot", plot)).isZero();
    assertThat(out.toString())
        .contains("images per identity: mean 11.24", "of 5,630 images: 32x32 (5,630); mean");
    assertThat(json).content().startsWith("{").contains("\"identities\":501");
    assertThat(plot).content().startsWith("<svg");
    assertThat(run("verify", index, "--size", "32x32")).isZero();
    assertThat(run("verify", OPEN, "--size", "16x16")).isEqualTo(2);
    assertThat(out.toString())
        .contains("key 1 (offset ", "image is 32x32 (height x width), wanted 16x16", "5,630 fault");
    assertThat(run("index", OPEN, "--out", index)).isEqualTo(2);
    assertThat(out.toString()).contains("exists already");
  }

  @Test
  void setsAreSplitUnpackedAndMade() {
    assertThat(run("split", OPEN, "--open", "50", "--out", dir)).isZero();
    assertThat(out.toString())
        .containsPattern("identities +501 +451 +50\n")
        .contains(dir + ": train.rec and open.rec, beside each the labels' names (.labels.tsv)\n");
    assertThat(run("split", OPEN, "--open", "40", "--out", dir)).isEqualTo(2);
    assertThat(out.toString()).contains("train.rec: exists already");
    Path folders = dir.resolve("folders");
    assertThat(run("unpack", dir.resolve("open.rec"), "--out", folders)).isZero();
    assertThat(run("stats", folders)).isZero();
    assertThat(out.toString()).contains("identities  50");
    Path synth = dir.resolve("synth");
    assertThat(run("synth", "--ids", "1000", "--tail", "zipf", "--out", synth)).isZero();
    assertThat(out.toString()).contains("1,000 identities");
    assertThat(run("stats", "--format", "synthetic", synth)).isZero();
    Path pack = dir.resolve("pack");
    assertThat(run("synth", "--ids", "10", "--jpeg", "24x24", "--out", pack)).isZero();
    assertThat(run("verify", pack.resolve("train.rec"), "--size", "24x24")).isZero();
  }

  @Test
  void pairsArePacked() throws Exception {
    assertThat(run("unpack", OPEN, "--out", dir.resolve("f"))).isZero();
    Path list = dir.resolve("pairs.txt");
    Files.writeString(list, "f/id_0/0_0.png f/id_0/0_1.png 1\nf/id_0/0_0.png f/id_1/1_0.png 0\n");
    Path bin = dir.resolve("pairs.bin");
    assertThat(run("pack-pairs", list, "--out", bin)).isZero();
    assertThat(out.toString()).contains("pairs.bin: 2 pairs");
    assertThat(run("pack-pairs", list, "--out", bin)).isEqualTo(2);
    assertThat(out.toString()).contains("pairs.bin: exists already");
  }

  /** Half of the identities have one image: taking the others leaves nothing but single images. */
  @Test
  void splitSaysWhatItTakesFromTheTrainingSet() throws Exception {
    Path images = dir.resolve("images");
    assertThat(run("split", OPEN, "--open", "12", "--out", dir)).isZero();
    assertThat(run("unpack", dir.resolve("open.rec"), "--out", dir.resolve("all"))).isZero();
    for (int id = 0; id < 12; id++) {
      Path folder = Files.createDirectories(images.resolve("id_" + id));
      for (int i = 0; i < 1 + id % 2; i++) {
        String name = id + "_" + i + ".png";
        Files.copy(dir.resolve("all/id_" + id).resolve(name), folder.resolve(name));
      }
    }
    assertThat(run("split", images, "--open", "6", "--out", dir.resolve("by-images"))).isZero();
    assertThat(out.toString())
        .containsPattern("source +train.rec +open.rec\n")
        .containsPattern("images an identity +1.50 +1.00 +2.00\n")
        .containsPattern("with 1 +6 +6 +0\n")
        .containsPattern("with 2 +6 +0 +6\n");
    Path uniform = dir.resolve("uniform");
    assertThat(run("split", images, "--open", "6", "--by", "uniform", "--out", uniform)).isZero();
    assertThat(out.toString()).containsPattern("with 1 +6 +[1-5] +[1-5]\n");
  }

  @Test
  void labelsWithGapsHaveAWayOut() throws Exception {
    assertThat(run("split", OPEN, "--open", "2", "--out", dir)).isZero();
    Path whole = dir.resolve("open.rec");
    Files.writeString(dir.resolve("open.property"), "3,32,32\n");
    assertThat(run("stats", whole)).isEqualTo(2);
    assertThat(out.toString()).contains("open.property says 3 identities", "set labels to compact");
    assertThat(run("stats", whole, "--labels", "compact")).isZero();
    assertThat(run("relabel", whole, "--out", dir.resolve("new"))).isZero();
    assertThat(out.toString()).contains("new: 2 identities");
    assertThat(dir.resolve("new/train.labels.tsv"))
        .hasSameTextualContentAs(dir.resolve("open.labels.tsv"));
    assertThat(run("verify", dir.resolve("new/train.rec"), whole, "--labels", "compact")).isZero();
  }

  @Test
  void augmentationIsShown() throws Exception {
    Path sheet = dir.resolve("sheet.png");
    String config = "../configs/quickstart.yaml";
    String train = "data.train.path=../data/quickstart/train.rec";
    String sets = "evaluate=[]";

    assertThat(run("preview", config, "--set", train, "--set", sets, "--out", sheet)).isZero();
    assertThat(ImageIO.read(sheet.toFile()).getWidth()).isEqualTo(12 * (2 * 32 + 4) + 4);
    byte[] gentle = Files.readAllBytes(sheet);
    String blur = "data.augment.blur.probability=1";
    assertThat(run("preview", config, "--set", train, "--set", sets, "--set", blur, "--out", sheet))
        .isZero();
    assertThat(Files.readAllBytes(sheet)).isNotEqualTo(gentle);
    Path wrong = dir.resolve("sheet.jpg");
    assertThat(run("preview", config, "--set", train, "--out", wrong)).isEqualTo(2);
    assertThat(wrong).doesNotExist();
  }

  @Test
  void photographsBecomeAPackOfOneSize() throws Exception {
    assertThat(run("split", OPEN, "--open", "3", "--out", dir)).isZero();
    Path photos = dir.resolve("photos");
    assertThat(run("unpack", dir.resolve("open.rec"), "--out", photos)).isZero();
    Files.writeString(photos.resolve("id_1/notes.txt"), "text");
    Path pack = dir.resolve("pack");
    assertThat(run("import", photos, "--size", "16x24", "--channels", "1", "--out", pack)).isZero();
    assertThat(out.toString())
        .contains("train.rec: 3 identities", "of 16x24", "1 no picture: id_1/notes.txt");
    assertThat(run("verify", pack.resolve("train.rec"), "--size", "16x24")).isZero();
    assertThat(pack.resolve("report.html"))
        .content()
        .contains("Images per identity: train.rec", "Pictures of train.rec", ">id_1<", "no picture")
        .doesNotContain("open.rec");
    assertThat(run("import", photos, "--out", pack)).isEqualTo(2);
    assertThat(out.toString()).contains("exists already");
    Path split = dir.resolve("held");
    assertThat(run("import", photos, "--size", "16", "--open", "1", "--out", split)).isZero();
    assertThat(out.toString()).contains("open.rec: 1 identity");
    assertThat(split.resolve("report.html"))
        .content()
        .contains("Images per identity: train.rec", "Images per identity: open.rec");
    Path zip = dir.resolve("photos.zip");
    try (ZipOutputStream packed = new ZipOutputStream(Files.newOutputStream(zip));
        Stream<Path> files = Files.walk(photos)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        packed.putNextEntry(new ZipEntry(photos.relativize(file).toString()));
        packed.write(Files.readAllBytes(file));
      }
    }
    Path tar = dir.resolve("photos.tar.gz");
    Process process =
        new ProcessBuilder("tar", "czf", tar.toString(), "-C", photos.toString(), ".").start();
    assertThat(process.waitFor()).isZero();
    for (Path archive : List.of(zip, tar)) {
      Path same = dir.resolve("of-" + archive.getFileName());
      assertThat(run("import", archive, "--size", "16x24", "--channels", "1", "--out", same))
          .as(out.toString())
          .isZero();
      assertThat(same.resolve("train.rec")).hasSameBinaryContentAs(pack.resolve("train.rec"));
    }
    Path other = dir.resolve("other");
    assertThat(run("import", photos, "--size", "big", "--out", other)).isEqualTo(2);
    assertThat(run("import", photos, "--workers", "0", "--out", other)).isEqualTo(2);
    assertThat(run("import", photos, "--channels", "2", "--out", other)).isEqualTo(2);
    assertThat(run("import", photos, "--open", "0", "--out", other)).isEqualTo(2);
    assertThat(run("import", photos, "--landmarks", dir.resolve("no"), "--out", other))
        .isEqualTo(2);
    assertThat(run("import", photos, "--fit", "squeeze", "--out", other)).isEqualTo(2);
    assertThat(other).doesNotExist();
  }

  @Test
  void sourcesThatAreNotThereAreNamed() {
    assertThat(run("stats", dir.resolve("none"))).isEqualTo(2);
    assertThat(out.toString()).contains("none: no such file or folder");
    assertThat(run("glyphs", "--fonts", dir, "--out", dir.resolve("g"))).isEqualTo(2);
    assertThat(out.toString()).contains("none of 0 font files");
  }
}
