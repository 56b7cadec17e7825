package ffc.loaders.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lmdbjava.EnvFlags;

/** The forms in which LMDB environments of the field hold their images. */
class LmdbFormsTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);
  private static final List<TestLmdb.Entry> ENTRIES =
      IntStream.range(0, 6)
          .mapToObj(i -> new TestLmdb.Entry("0000" + i, i / 2, TestPacks.png(i, 4, 3)))
          .toList();

  @TempDir Path dir;

  private Path write(String name, UnaryOperator<byte[]> value) throws Exception {
    Path folder = Files.createDirectories(dir.resolve(name));
    TestLmdb.write(folder, ENTRIES, value);
    return folder;
  }

  private static void assertImages(Object path, int sets) {
    try (Dataset set = DataSets.open(new DataConfig.Source("lmdb", path.toString()))) {
      assertThat(set.identities()).isEqualTo(3L * sets);
      assertThat(set.images()).isEqualTo(6L * sets);
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      for (int i = 0; i < set.images(); i++) {
        set.decode(i, SHAPE, out, 0);
        String place = set.describe(i); // images of an identity stand in the order of the file
        int seed = place.charAt(place.lastIndexOf('"') - 1) - '0';
        assertThat(out.array()).isEqualTo(TestPacks.pixels(seed, 4, 3));
        assertThat(set.identityOf(i) % 3).isEqualTo(seed / 2);
      }
    }
  }

  /** Caffe's message: channels, height, width, data, label and whether the data are encoded. */
  private static byte[] caffe(byte[] data, boolean encoded) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {0x08, 1, 0x10, 4, 0x18, 3, 0x22});
    byte[] datum = TestLmdb.datum(data);
    out.write(datum, 1, datum.length - 1);
    out.writeBytes(new byte[] {0x28, 2});
    if (encoded) {
      out.writeBytes(new byte[] {0x38, 1});
    }
    return out.toByteArray();
  }

  @Test
  void imagesWithoutAMessageAndInCaffesMessageAreRead() throws Exception {
    assertImages(write("bare", image -> image), 1);
    assertImages(write("caffe", image -> caffe(image, true)), 1);
    assertImages(write("unsaid", image -> caffe(image, false)), 1);
    Path all = Path.of(dir.resolve("bare") + "," + dir.resolve("caffe"));
    assertImages(all, 2);
  }

  @Test
  void rawPixelsAreRefusedByName() throws Exception {
    Path raw = write("raw", image -> caffe(Arrays.copyOf(new byte[] {7}, 12), false));
    try (Dataset set = DataSets.open(new DataConfig.Source("lmdb", raw.toString()))) {
      assertThatThrownBy(() -> set.decode(0, SHAPE, ByteBuffer.allocate(12), 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("raw/data.mdb key \"0000")
          .hasMessageEndingWith(
              "value is a Caffe Datum of raw pixels, wanted an encoded image (convert_imageset"
                  + " --encoded)");
    }
  }

  @Test
  void anEnvironmentMayBeAFile() throws Exception {
    Path file = dir.resolve("images.mdb");
    TestLmdb.write(file, ENTRIES, TestLmdb::datum, EnvFlags.MDB_NOSUBDIR);
    assertThat(file).isRegularFile();
    assertImages(file, 1);
    Path list = Files.move(Path.of(file + ".txt"), dir.resolve("list.txt"));
    assertImages(file + ":" + list, 1);
    assertImages(file + ":" + list + "," + file + ":" + list, 2);
  }
}
