package ffc.loaders.table;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Habits of the programs that write lists: byte-order marks, header lines, names with spaces. */
class TextFormsTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  private Dataset open(String format, String name) {
    return DataSets.open(new DataConfig.Source(format, dir.resolve(name).toString()));
  }

  private Path write(String name, String text) throws Exception {
    return Files.writeString(dir.resolve(name), text);
  }

  private void images(String... names) throws Exception {
    for (int i = 0; i < names.length; i++) {
      Files.write(dir.resolve(names[i]), TestPacks.png(i, 4, 3));
    }
  }

  private static byte[] pixels(Dataset set, long image) {
    ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
    set.decode(image, SHAPE, out, 0);
    return out.array();
  }

  @Test
  void aByteOrderMarkIsPassedOverInEveryList() throws Exception {
    images("0.png", "1.png", "2.png");
    write("m.tsv", "\ufeff5\t0.png\n5\t1.png\n6\t2.png\n");
    try (Dataset set = open("manifest", "m.tsv")) {
      assertThat(set.identities()).isEqualTo(2);
      assertThat(set.imageCount(0)).isEqualTo(2);
    }
    write("pairs.txt", "\ufeff0.png 1.png 1\n");
    try (VerificationSet set = VerificationSets.openPairs(dir.resolve("pairs.txt"))) {
      set.decode(0, SHAPE, ByteBuffer.allocate(SHAPE.bytes()), 0);
    }
    TestLmdb.write(
        dir.resolve("db"), List.of(new TestLmdb.Entry("key", 0, TestPacks.png(4, 4, 3))));
    write("db.txt", "\ufeffkey 0\n");
    try (Dataset set = open("lmdb", "db")) {
      assertThat(pixels(set, 0)).isEqualTo(TestPacks.pixels(4, 4, 3));
    }
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    writer.image(0, 0, TestPacks.png(0, 4, 3));
    writer.close();
    write("a.idx", "\ufeff" + Files.readString(dir.resolve("a.idx")));
    write("a.property", "\ufeff1,4,3\r\n");
    try (Dataset set = open("recordio", "a.rec")) {
      assertThat(set.images()).isEqualTo(1);
    }
    assertThat(TextLines.all(write("labels.txt", "\ufeff3\n4\n"))).containsExactly("3", "4");
  }

  @Test
  void utf16IsNamed() throws Exception {
    images("0.png");
    Files.write(dir.resolve("m.tsv"), "\ufeff0\t0.png\n".getBytes(UTF_16LE));
    assertThatThrownBy(() -> open("manifest", "m.tsv").close())
        .isInstanceOf(BadDataException.class)
        .hasMessage(dir.resolve("m.tsv") + ": the text is UTF-16, wanted UTF-8; save it anew");
  }

  @Test
  void aHeaderLineOfAManifestIsNamedWhenItIsOpened() throws Exception {
    images("0.png", "1.png", "noending");
    write("m.tsv", "# made by hand\nid\tpath\n0\t0.png\n1\t1.png\n");
    assertThatThrownBy(() -> open("manifest", "m.tsv").close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("m.tsv line 2: there is no file \"path\"; if this is a header line");
    write("m.tsv", "0.png\t0\n1.png\t1\n");
    assertThatThrownBy(() -> open("manifest", "m.tsv").close())
        .hasMessageContaining("m.tsv line 1: there is no file \"0\"")
        .hasMessageContaining("wanted \"id<TAB>path\"");
    write("m.tsv", "0\tnoending\n1\t1.png\n");
    open("manifest", "m.tsv").close();
    write("m.tsv", "0\tgone.png\n1\t1.png\n");
    try (Dataset set = open("manifest", "m.tsv")) {
      assertThatThrownBy(() -> pixels(set, 0)).hasMessageEndingWith("gone.png: no such file");
    }
  }

  @Test
  void pathsOfPairsMayHoldSpacesBetweenTabs() throws Exception {
    images("a 1.png", "b.png", "c  d.png");
    Path list = write("pairs.txt", "a 1.png\tb.png\t1\nb.png\tc  d.png 0\nb.png b.png\t1 \n");
    try (VerificationSet set = VerificationSets.openPairs(list)) {
      assertThat(set.pairs()).isEqualTo(3);
      assertThat(List.of(set.same(0), set.same(1), set.same(2))).containsExactly(true, false, true);
      int[] seeds = {0, 1, 1, 2, 1, 1};
      for (int i = 0; i < seeds.length; i++) {
        ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
        set.decode(i, SHAPE, out, 0);
        assertThat(out.array()).isEqualTo(TestPacks.pixels(seeds[i], 4, 3));
      }
    }
    write("pairs.txt", "a 1.png b.png 1\n");
    assertThatThrownBy(() -> VerificationSets.openPairs(list).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("pairs.txt line 1: wanted")
        .hasMessageContaining("a tab between the paths if they hold spaces");
  }

  @Test
  void keysOfAnLmdbListMayHoldSpaces() throws Exception {
    List<TestLmdb.Entry> entries =
        List.of(
            new TestLmdb.Entry("a b", 0, TestPacks.png(0, 4, 3)),
            new TestLmdb.Entry("a b 1", 1, TestPacks.png(1, 4, 3)),
            new TestLmdb.Entry("c ", 2, TestPacks.png(2, 4, 3)));
    TestLmdb.write(dir.resolve("db"), entries);
    write("db.txt", "a b 0\r\na b 1\t1\n\nc \t2 \n");
    try (Dataset set = open("lmdb", "db")) {
      assertThat(set.identities()).isEqualTo(3);
      for (int i = 0; i < 3; i++) {
        assertThat(pixels(set, i)).isEqualTo(TestPacks.pixels(i, 4, 3));
      }
    }
    write("db.txt", "image label\na b 0\n");
    assertThatThrownBy(() -> open("lmdb", "db").close())
        .hasMessageContaining("db.txt line 1: wanted \"key label\" with a label 0, 1, 2");
  }
}
