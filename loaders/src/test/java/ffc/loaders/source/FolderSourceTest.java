package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.tools.DataStats;
import ffc.loaders.tools.DataVerify;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path root;

  private DataConfig.Source source() {
    return new DataConfig.Source("folder", root.toString());
  }

  private void image(String path, int seed) throws Exception {
    other(path);
    Files.write(root.resolve(path), TestPacks.png(seed, 4, 3));
  }

  private void other(String path) throws Exception {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), "no image");
  }

  /** Runs a shell command in the folder: for names that Java cannot write. */
  private void shell(String command) throws Exception {
    Process process =
        new ProcessBuilder("sh", "-c", command).directory(root.toFile()).inheritIO().start();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void saysWhatItLeavesOut() throws Exception {
    image("p0/1.png", 0);
    image("p1/1.PNG", 1);
    for (String name : List.of("a.avif", "b.AVIF", "c.jp2", "d.jfif", "Thumbs.db", "LICENSE")) {
      other("p1/" + name);
    }
    other("p1/._1.png");
    other("p1/nested/2.png");
    other("readme.txt");
    shell("printf x > p0/\"$(printf '\\304\\343').png\"; mkdir \"$(printf '\\304\\343')\"");
    String line =
        root
            + ": left out 2 .avif, 2 named in another encoding than UTF-8, 1 .db, 1 .jfif, 1 .jp2,"
            + " 1 folder inside an identity's, 1 hidden (name begins with a dot),"
            + " 1 outside the identities' folders, 1 without an ending;"
            + " read are .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif and .tiff";
    try (Dataset set = DataSets.open(source())) {
      assertThat(set.identities()).isEqualTo(2);
      assertThat(set.images()).isEqualTo(2);
      assertThat(set.notes()).containsExactly(line);
    }
    DataVerify.Report report = DataVerify.run(source(), null, 1, Progress.NONE);
    assertThat(report.sound()).isTrue();
    assertThat(report.notes()).containsExactly(line);
    assertThat(IndexBuilder.build(source(), root.resolve(".index"), 10, Progress.NONE))
        .containsExactly(
            line.replace(" 1 hidden (name begins with a dot),", "")
                .replace("2 named", "2 hidden (name begins with a dot), 2 named"));
  }

  @Test
  void saysNothingOfAFolderThatIsReadWhole() throws Exception {
    image("p0/1.png", 0);
    try (Dataset set = DataSets.open(source())) {
      assertThat(set.notes()).isEmpty();
    }
  }

  @Test
  void namesEveryFolderWithoutAnImage() throws Exception {
    image("b/1.png", 0);
    other("a/1.avif");
    other("a/2.avif");
    Files.createDirectory(root.resolve("c"));
    image("d/1.png", 1);
    String a =
        root.resolve("a")
            + ": no .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif or .tiff in it; what is there (2 .avif) is not read: convert"
            + " it, or move the folder away";
    String c =
        root.resolve("c")
            + ": no .jpg, .jpeg, .png, .bmp, .webp, .gif, .tif or .tiff in it; add an image or remove the folder";
    assertThatThrownBy(() -> DataSets.open(source()).close())
        .isInstanceOf(BadDataException.class)
        .hasMessage(a + "; so are 1 more of 4 folders (ffc data verify lists them)");
    // A build that goes on later must not pass over what it found.
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(
              () -> IndexBuilder.build(source(), root.resolve(".index"), 1, Progress.NONE))
          .hasMessageStartingWith(a);
    }

    DataVerify.Report report = DataVerify.run(source(), SHAPE, 1, Progress.NONE);
    assertThat(report.faults()).containsExactly(a, c);
    assertThat(report.records()).isEqualTo(2);

    List<String> faults = new ArrayList<>();
    try (Dataset set = DataSets.inspect(source(), faults::add)) {
      assertThat(faults).containsExactly(a, c);
      assertThat(DataStats.of(set, 10, Progress.NONE).identities()).isEqualTo(2);
      assertThat(set.identityName(1)).isEqualTo("d");
      assertPixels(set, 1, 1);
    }
  }

  @Test
  void refusesARootWhoseFoldersAllHoldOtherThings() throws Exception {
    other("a/1.avif");
    other("b/1.avif");
    for (boolean inspect : new boolean[] {false, true}) {
      assertThatThrownBy(
              () ->
                  (inspect ? DataSets.inspect(source(), line -> {}) : DataSets.open(source()))
                      .close())
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("what is there (1 .avif) is not read")
          .hasMessageContaining("1 more of 2 folders");
    }
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPipeIsAFaultAndNotAWait() throws Exception {
    image("a/1.png", 0);
    shell("mkfifo a/2.png a/3.pipe");
    DataVerify.Report report = DataVerify.run(source(), SHAPE, 1, Progress.NONE);
    assertThat(report.faults())
        .containsExactly(root.resolve("a/2.png") + ": is a pipe, socket or device, wanted a file");
    assertThat(report.notes()).hasSize(1).first().asString().contains("left out 1 .pipe;");
    try (Dataset set = DataSets.open(source())) {
      assertThat(DataStats.of(set, 10, Progress.NONE).sizes())
          .containsEntry("unreadable", 1L)
          .containsEntry("4x3", 1L);
    }
  }

  @Test
  void readsNamesOfEveryKind() throws Exception {
    String[] names = {"A.Png", "b\nc.PNG", "d\te.pNg", "f g.png", "h'\"\\.png", "x.y.png"};
    for (int i = 0; i < names.length; i++) {
      image("p\n0/" + names[i], i);
    }
    try (Dataset set = DataSets.open(source())) {
      assertThat(set.images()).isEqualTo(names.length);
      assertThat(set.identityName(0)).isEqualTo("p\n0");
      for (int i = 0; i < names.length; i++) {
        assertPixels(set, i, i);
      }
    }
  }

  @Test
  void followsLinksToIdentitiesAndImages(@TempDir Path elsewhere) throws Exception {
    image("a/1.png", 0);
    Files.write(elsewhere.resolve("1.png"), TestPacks.png(1, 4, 3));
    Files.createSymbolicLink(root.resolve("b"), elsewhere);
    Files.createSymbolicLink(root.resolve("a/2.png"), elsewhere.resolve("1.png"));
    Files.createSymbolicLink(root.resolve("a/3.png"), elsewhere.resolve("none.png"));
    try (Dataset set = DataSets.open(source())) {
      assertThat(set.identities()).isEqualTo(2);
      assertThat(set.images()).isEqualTo(4);
      assertPixels(set, 1, 1);
      assertPixels(set, 3, 1);
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      assertThatThrownBy(() -> set.decode(2, SHAPE, out, 0))
          .hasMessage(root.resolve("a/3.png") + ": no such file");
    }
  }

  private static void assertPixels(Dataset set, long image, int seed) {
    ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
    set.decode(image, SHAPE, out, 0);
    assertThat(out.array()).isEqualTo(TestPacks.pixels(seed, 4, 3));
  }
}
