package ffc.eval.gallery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.eval.embedding.ImageEmbedder;
import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GalleryTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 4);
  private static final Progress SILENT = (phase, done, total) -> {};

  @TempDir Path temp;
  private Path images;
  private Path cache;
  private int looked;
  private Change duringEmbedding = () -> {};

  private interface Change {
    void make() throws IOException;
  }

  @BeforeEach
  void folder() throws IOException {
    images = temp.resolve("images");
    cache = temp.resolve("deep/cache");
    for (int i = 0; i < 150; i++) {
      picture(images.resolve("id%02d/%d.png".formatted(i / 3, i)), i);
    }
  }

  @Test
  void embeddingsAreMadeOnceAndKept() throws IOException {
    List<float[]> first = rows("net");
    assertThat(looked).isEqualTo(150);
    assertThat(rows("net")).usingRecursiveComparison().isEqualTo(first);
    assertThat(looked).isZero();
    assertThat(files(name -> true)).hasSize(2);
  }

  /** A file that is written over in place, in the same size and with the time it had, counts. */
  @Test
  void onlyWhatHasChangedIsEmbeddedAnewAndRowsAreThoseOfAFreshGallery() throws IOException {
    rows("net");
    Path same = images.resolve("id07/21.png");
    FileTime time = Files.getLastModifiedTime(same);
    picture(same, 200);
    Files.setLastModifiedTime(same, time);
    Files.move(images.resolve("id30/90.png"), images.resolve("id31/zz.png"));
    Files.delete(images.resolve("id12/36.png"));
    picture(images.resolve("aa/new.png"), 201);

    List<float[]> updated = rows("net");

    assertThat(looked).isEqualTo(2);
    assertThat(files(name -> true)).hasSize(2);
    cache = temp.resolve("other");
    assertThat(updated).usingRecursiveComparison().isEqualTo(rows("net"));
    assertThat(looked).isEqualTo(150);
  }

  @Test
  void anotherNetworkNeverGetsTheRowsOfThis() throws IOException {
    rows("net");
    rows("another");
    assertThat(looked).isEqualTo(150);
    assertThat(files(name -> name.endsWith(".npy"))).hasSize(2);
  }

  @Test
  void anotherFolderOfTheSameImagesIsNotEmbeddedAnew() throws IOException {
    rows("net");
    Files.move(images, temp.resolve("moved"));
    images = temp.resolve("moved");
    rows("net");
    assertThat(looked).isZero();
  }

  @Test
  void damagedRowsAndKeysAreMadeAnew() throws IOException {
    List<float[]> whole = rows("net");
    for (String ending : List.of(".npy", ".keys")) {
      Path file = files(name -> name.endsWith(ending)).get(0);
      byte[] bytes = Files.readAllBytes(file);
      for (int at : new int[] {bytes.length - 20, bytes.length / 2, 9}) {
        byte[] damaged = bytes.clone();
        damaged[at] ^= 1;
        Files.write(file, damaged);
        assertThat(rows("net"))
            .as("%s at %d", ending, at)
            .usingRecursiveComparison()
            .isEqualTo(whole);
        assertThat(looked).isEqualTo(150);
      }
      Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
      rows("net");
      assertThat(looked).isEqualTo(150);
      Files.delete(file);
      rows("net");
      assertThat(looked).isEqualTo(150);
    }
  }

  @Test
  void aPictureThatCannotBeReadLeavesNothingBehind() throws IOException {
    Path broken = images.resolve("id40/120.png");
    byte[] bytes = Files.readAllBytes(broken);
    Files.write(broken, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> rows("net"))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("120.png")
        .message()
        .hasLineCount(1);
    assertThat(temp.resolve("deep")).doesNotExist();
  }

  @Test
  void imagesThatChangeWhileTheyAreEmbeddedAreNotKept() throws IOException {
    // Whole at any moment, since the loader may read it just then.
    Path other = temp.resolve("other.png");
    picture(other, 300);
    duringEmbedding =
        () -> {
          Files.move(other, images.resolve("id49/149.png"), StandardCopyOption.ATOMIC_MOVE);
          duringEmbedding = () -> {};
        };
    assertThatThrownBy(() -> rows("net"))
        .isInstanceOf(BadDataException.class)
        .hasMessageEndingWith("images have changed while they were embedded; search again");
    assertThat(temp.resolve("deep")).doesNotExist();
  }

  @Test
  void aGalleryKnowsAFileOfItsOwn() throws IOException {
    try (Dataset set = open()) {
      Gallery gallery = Gallery.open(set, embedder(), "net", cache, SILENT);
      byte[] file = Files.readAllBytes(Path.of(set.describe(5)));
      assertThat(gallery.holds(5, file)).isTrue();
      assertThat(gallery.holds(6, file)).isFalse();
    }
  }

  private List<float[]> rows(String network) throws IOException {
    try (Dataset set = open()) {
      looked = 0;
      Gallery gallery = Gallery.open(set, embedder(), network, cache, SILENT);
      assertThat(gallery.embedded()).isEqualTo(looked);
      List<float[]> rows = new ArrayList<>();
      for (int image = 0; image < set.images(); image++) {
        float[] row = new float[gallery.rows().dim()];
        gallery.rows().read(image, 1, row, 0);
        rows.add(row);
        assertThat(gallery.rows().label(image)).isEqualTo(set.identityOf(image));
      }
      return rows;
    }
  }

  private Dataset open() {
    return DataSets.open(new DataConfig.Source("folder", images.toString()));
  }

  private List<Path> files(Predicate<String> wanted) throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      return all.filter(file -> wanted.test(file.getFileName().toString())).toList();
    }
  }

  /** Pixels as they are, so that a row says which image it is of. */
  private ImageEmbedder embedder() {
    return new ImageEmbedder() {
      @Override
      public int dim() {
        return SHAPE.bytes();
      }

      @Override
      public ImageShape shape() {
        return SHAPE;
      }

      @Override
      public void embed(ByteBuffer images, int count, float[] out, int offset) {
        looked += count;
        try {
          duringEmbedding.make();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        for (int i = 0; i < count * dim(); i++) {
          out[offset + i] = (images.get(i) & 0xff) + 1;
        }
      }
    };
  }

  private static void picture(Path file, int number) throws IOException {
    Files.createDirectories(file.getParent());
    BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < 16; i++) {
      image.getRaster().setSample(i % 4, i / 4, 0, number * (i + 3) * 37 % 251);
    }
    ImageIO.write(image, "png", file.toFile());
  }
}
