package ffc.loaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfig.Labels;
import ffc.loaders.data.DataConfig.Source;
import ffc.loaders.data.DataConfigSourceBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormats;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import ffc.loaders.tools.Split;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels that do not run from 0 without gaps, and paths with the signs that part them. */
class LabelsAndPathsTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  /** Label of each image; image i shows the pixels of seed i. */
  private static final int[] LABELS = {7, 1, 7, 3, 1, 9_000_001, 7};

  private static final long[] FOUND = {1, 3, 7, 9_000_001};

  @TempDir Path dir;

  private Path pack(String name) {
    Path rec = dir.resolve(name);
    try (TestPacks.Writer writer = new TestPacks.Writer(rec)) {
      for (int i = 0; i < LABELS.length; i++) {
        writer.image(i, LABELS[i], TestPacks.png(i, 4, 3));
      }
    }
    return rec;
  }

  private Path lmdb(String name) throws Exception {
    List<TestLmdb.Entry> entries = new ArrayList<>();
    for (int i = 0; i < LABELS.length; i++) {
      entries.add(new TestLmdb.Entry("key" + i, LABELS[i], TestPacks.png(i, 4, 3)));
    }
    TestLmdb.write(dir.resolve(name), entries);
    return dir.resolve(name);
  }

  private static Source compact(String format, Path... paths) {
    return new Source(format, List.of(paths).stream().map(Path::toString).toList(), Labels.compact);
  }

  /** Each image must be under the identity whose name is its label, in one of the parts. */
  private static void assertImages(Dataset set, int parts) {
    assertThat(set.identities()).isEqualTo((long) FOUND.length * parts);
    assertThat(set.images()).isEqualTo((long) LABELS.length * parts);
    ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
    for (long image = 0; image < set.images(); image++) {
      set.decode(image, SHAPE, out, 0);
      int identity = (int) set.identityOf(image) % FOUND.length;
      boolean known = false;
      for (int i = 0; i < LABELS.length; i++) {
        known |=
            LABELS[i] == FOUND[identity]
                && ByteBuffer.wrap(TestPacks.pixels(i, 4, 3)).equals(out.duplicate().clear());
      }
      assertThat(known).as("image %d of identity %d", image, identity).isTrue();
    }
    for (int i = 0; i < FOUND.length; i++) {
      assertThat(set.identityName(i)).isEqualTo(Long.toString(FOUND[i]));
    }
  }

  @Test
  void labelsWithGapsAreNumberedAnewWhereThatIsAskedFor() throws Exception {
    Path rec = pack("a.rec");
    Path db = lmdb("db");
    Path second = lmdb("db2");
    List<Source> sources =
        List.of(
            compact("recordio", rec),
            compact("recordio", rec, rec),
            compact("lmdb", db),
            compact("lmdb", db, second));
    for (Source source : sources) {
      Source dense =
          DataConfigSourceBuilder.builder().format(source.format()).path(source.path()).build();
      assertThatThrownBy(() -> DataSets.open(dense).close())
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("identity 0 of ")
          .hasMessageContaining("labels is set to compact (--labels compact)");
      Path index = dir.resolve("index-" + source.format() + source.path().size());
      IndexBuilder.build(source, index, 3, Progress.NONE);
      try (Dataset direct = DataSets.open(source);
          Dataset indexed = DataSets.open(new Source("index", index.toString()))) {
        assertImages(direct, source.path().size());
        assertImages(indexed, source.path().size());
        assertThat(indexed.fingerprint()).isEqualTo(direct.fingerprint());
      }
    }
  }

  @Test
  void aPackOfAnyLabelsIsWrittenAnewWithTheMap() throws Exception {
    Path out = dir.resolve("new/train.rec");
    try (Dataset set = DataSets.open(compact("recordio", pack("a.rec")))) {
      Split.whole(set, out, Progress.NONE);
    }
    assertThat(dir.resolve("new/train.labels.tsv"))
        .hasContent(
            "label\tidentity\timages\n0\t1\t2\n1\t3\t1\n2\t7\t3\n3\t9000001\t1\n".stripTrailing());
    try (Dataset set = DataSets.open(new Source("recordio", out.toString()))) {
      assertThat(set.identities()).isEqualTo(4);
      assertThat(set.imageCount(2)).isEqualTo(3);
    }
  }

  @Test
  void whoPromisesMoreIdentitiesThanThereAreIsNamed() throws Exception {
    Path rec = dir.resolve("a.rec");
    try (TestPacks.Writer writer = new TestPacks.Writer(rec)) {
      writer.image(0, 0, TestPacks.png(0, 4, 3));
      writer.image(1, 1, TestPacks.png(1, 4, 3));
    }
    Path property = Files.writeString(dir.resolve("property"), "99,4,3\n");
    assertThatThrownBy(() -> DataSets.open(new Source("recordio", rec.toString())).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith(rec + ": " + property + " says 99 identities")
        .hasMessageContaining("the largest label is 1");
    try (Dataset set = DataSets.open(compact("recordio", rec))) {
      assertThat(set.identities()).isEqualTo(2);
    }
    Files.delete(property);
    try (TestPacks.Writer writer = new TestPacks.Writer(rec)) {
      writer.image(0, new float[] {2, 9}, new byte[0]);
      writer.image(1, 0, TestPacks.png(0, 4, 3));
    }
    assertThatThrownBy(() -> DataSets.open(new Source("recordio", rec.toString())).close())
        .hasMessageContaining("record 0 promises 7 identities, but the largest label is 0");
  }

  @Test
  void commasInPathsAreBorneByWholePathsAndByLists() throws Exception {
    Files.createDirectories(dir.resolve("a,b"));
    Path rec = pack("a,b/x,y.rec");
    try (Dataset set = DataSets.open(compact("recordio", rec))) {
      assertImages(set, 1);
    }
    Path other = pack("z.rec");
    try (Dataset set = DataSets.open(compact("recordio", rec, other))) {
      assertImages(set, 2);
    }
    Path both = Path.of(other + "," + other);
    try (Dataset set = DataSets.open(compact("recordio", both))) {
      assertImages(set, 2);
    }
    assertThatThrownBy(() -> DataSets.open(compact("recordio", Path.of(both + ","))).close())
        .hasMessageContaining("has an empty part");
    Path index = dir.resolve("i,x");
    IndexBuilder.build(compact("recordio", rec), index, 10, Progress.NONE);
    try (Dataset set = DataSets.open(new Source("index", index.toString()))) {
      assertImages(set, 1);
    }
  }

  @Test
  void colonsInPathsOfAnLmdbAreBorne() throws Exception {
    Path db = lmdb("d:b");
    try (Dataset set = DataSets.open(compact("lmdb", db))) {
      assertImages(set, 1);
    }
    Path list = Files.move(Path.of(db + ".txt"), dir.resolve("l:i:st.txt"));
    Source source = compact("lmdb", Path.of(db + ":" + list));
    assertThat(DataFormats.files(source)).containsExactly(db, list);
    Path index = dir.resolve("index");
    IndexBuilder.build(source, index, 10, Progress.NONE);
    try (Dataset direct = DataSets.open(source);
        Dataset indexed = DataSets.open(new DataConfig.Source("index", index.toString()))) {
      assertImages(direct, 1);
      assertImages(indexed, 1);
    }
  }
}
