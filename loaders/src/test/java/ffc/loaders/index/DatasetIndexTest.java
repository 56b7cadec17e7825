package ffc.loaders.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Quickstart;
import ffc.loaders.source.SyntheticSpec;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import ffc.loaders.tar.TestTars;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetIndexTest {
  @TempDir Path dir;

  private Dataset index(DataConfig.Source source, int rowsPerRun) {
    Path out = dir.resolve("index-" + rowsPerRun);
    IndexBuilder.build(source, out, rowsPerRun, Progress.NONE);
    return DatasetIndex.open(out, 0);
  }

  private static void assertSameImages(Dataset got, Dataset want, ImageShape shape) {
    assertThat(got.identities()).isEqualTo(want.identities());
    assertThat(got.images()).isEqualTo(want.images());
    assertThat(got.fingerprint()).isEqualTo(want.fingerprint());
    ByteBuffer a = ByteBuffer.allocate(shape.bytes());
    ByteBuffer b = ByteBuffer.allocate(shape.bytes());
    for (long id = 0; id <= want.identities(); id++) {
      assertThat(got.firstImage(id)).isEqualTo(want.firstImage(id));
    }
    for (long image = 0; image < want.images(); image++) {
      assertThat(got.identityOf(image)).isEqualTo(want.identityOf(image));
      got.decode(image, shape, a, 0);
      want.decode(image, shape, b, 0);
      assertThat(a).isEqualTo(b);
    }
    long middle = want.images() / 2;
    // An index gives absolute paths.
    assertThat(got.describe(middle)).endsWith(want.describe(middle).replace("..", ""));
  }

  private List<DataConfig.Source> sources() throws Exception {
    Random random = new Random(11);
    List<TestLmdb.Entry> entries = new ArrayList<>();
    StringBuilder manifest = new StringBuilder();
    TestPacks.Writer shuffled = new TestPacks.Writer(dir.resolve("shuffled.rec"));
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      labels.add(i % 60);
    }
    Collections.shuffle(labels, random);
    for (int i = 0; i < labels.size(); i++) {
      int label = labels.get(i);
      byte[] png = TestPacks.png(i, 4, 3);
      entries.add(new TestLmdb.Entry("key" + i, label, png));
      shuffled.image(i, label, png);
      Path file = dir.resolve("folder/id%02d/%d.png".formatted(label, i));
      Files.createDirectories(file.getParent());
      Files.write(file, png);
      String id = label % 3 == 0 ? Integer.toString(label) : "name" + label;
      manifest.append(id).append('\t').append(dir.relativize(file)).append('\n');
    }
    shuffled.close();
    for (int part = 0; part < 2; part++) {
      try (TestTars tar = new TestTars(dir.resolve(part + ".tar"))) {
        for (int i = part * 250; i < (part + 1) * 250; i++) {
          tar.sample("s" + i, labels.get(i), entries.get(i).image());
        }
      }
    }
    TestLmdb.write(dir.resolve("lmdb"), entries);
    Files.writeString(dir.resolve("manifest.tsv"), manifest);
    String rec = dir.resolve("shuffled.rec").toString();
    return List.of(
        new DataConfig.Source("recordio", rec + "," + rec),
        new DataConfig.Source("webdataset", dir.resolve("{0..1}.tar").toString()),
        new DataConfig.Source("lmdb", dir.resolve("lmdb").toString()),
        new DataConfig.Source("folder", dir.resolve("folder").toString()),
        new DataConfig.Source("manifest", dir.resolve("manifest.tsv").toString()));
  }

  @Test
  void indexesEverySourceAsItIsReadDirectly() throws Exception {
    for (DataConfig.Source source : sources()) {
      for (int rowsPerRun : new int[] {61, 1 << 20}) {
        Path out = dir.resolve("out-" + source.format() + rowsPerRun);
        IndexBuilder.build(source, out, rowsPerRun, Progress.NONE);
        DatasetIndex.verify(out);
        assertThat(Path.of(out + ".partial")).doesNotExist();
        try (Dataset got = DatasetIndex.open(out, 0);
            Dataset want = DataSets.open(source)) {
          assertSameImages(got, want, new ImageShape(1, 4, 3));
        }
      }
    }
  }

  @Test
  void aSampleOfTheContentDiffersWithThePixelsAloneAndIsThatOfAnyCopy() throws Exception {
    List<String> first = samples("first", 0);
    assertThat(samples("copy", 0)).isEqualTo(first);
    List<String> other = samples("other", 1);
    for (int i = 0; i < first.size(); i++) {
      assertThat(other.get(i)).hasSize(16).isNotEqualTo(first.get(i));
    }
  }

  /**
   * Of a pack, a folder, an environment and an index; images are those of the seeds from one on.
   */
  private List<String> samples(String name, int seed) throws Exception {
    Path at = dir.resolve(name);
    List<TestLmdb.Entry> entries = new ArrayList<>();
    Files.createDirectories(at);
    try (TestPacks.Writer pack = new TestPacks.Writer(at.resolve("p.rec"))) {
      for (int i = 0; i < 20; i++) {
        byte[] png = TestPacks.png(seed + i, 4, 3);
        pack.image(i, i / 10, png);
        entries.add(new TestLmdb.Entry("key" + i, i / 10, png));
        Path file = at.resolve("folder/%d/%02d.png".formatted(i / 10, i));
        Files.createDirectories(file.getParent());
        Files.write(file, png);
      }
    }
    TestLmdb.write(at.resolve("lmdb"), entries);
    DataConfig.Source pack = new DataConfig.Source("recordio", at.resolve("p.rec").toString());
    IndexBuilder.build(pack, at.resolve("index"), 7, Progress.NONE);
    List<String> samples = new ArrayList<>();
    for (DataConfig.Source source :
        List.of(
            pack,
            new DataConfig.Source("folder", at.resolve("folder").toString()),
            new DataConfig.Source("lmdb", at.resolve("lmdb").toString()),
            new DataConfig.Source("index", at.resolve("index").toString()))) {
      try (Dataset set = DataSets.open(source)) {
        samples.add(set.contentSample());
      }
    }
    return samples;
  }

  @Test
  void indexesTheQuickstartPack() {
    try (Dataset got = index(Quickstart.train(), 5000);
        Dataset want = DataSets.open(Quickstart.train())) {
      assertSameImages(got, want, Quickstart.SHAPE);
    }
  }

  @Test
  void continuesABuildThatWasKilledAnywhere() throws Exception {
    class Killed extends RuntimeException {
      private static final long serialVersionUID = 1L;
    }
    for (DataConfig.Source source : sources()) {
      try (Dataset want = DataSets.open(source)) {
        for (int kill = 1; kill < 60; kill += 29) {
          Path out = dir.resolve("killed-" + source.format() + kill);
          int[] reports = {kill};
          int[] resumed = {0};
          try {
            IndexBuilder.build(
                source,
                out,
                50,
                (phase, done, total) -> {
                  if (--reports[0] == 0) {
                    throw new Killed();
                  }
                });
          } catch (Killed e) {
            resumed[0]++;
          }
          assertThat(Files.exists(out)).isEqualTo(resumed[0] == 0);
          if (resumed[0] > 0) {
            IndexBuilder.build(source, out, 16, Progress.NONE);
          }
          try (Dataset got = DatasetIndex.open(out, 0)) {
            assertSameImages(got, want, new ImageShape(1, 4, 3));
          }
        }
      }
    }
  }

  @Test
  void startsAgainWhenTheUnfinishedBuildIsOfAnotherSource() throws Exception {
    Path out = dir.resolve("other");
    List<DataConfig.Source> sources = sources();
    assertThatThrownBy(
            () ->
                IndexBuilder.build(
                    sources.get(1),
                    out,
                    16,
                    (phase, done, total) -> {
                      throw new IllegalStateException("killed");
                    }))
        .hasMessage("killed");
    IndexBuilder.build(sources.get(0), out, 16, Progress.NONE);
    try (Dataset got = DatasetIndex.open(out, 0);
        Dataset want = DataSets.open(sources.get(0))) {
      assertSameImages(got, want, new ImageShape(1, 4, 3));
    }
    assertThatThrownBy(() -> IndexBuilder.build(sources.get(0), out, 16, Progress.NONE))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("exists already");
  }

  @Test
  void findsItsSourceAfterBothMovedTogether() throws Exception {
    Files.createDirectories(dir.resolve("a"));
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a/x.rec"));
    writer.image(0, 0, TestPacks.png(0, 4, 3));
    writer.close();
    IndexBuilder.build(
        new DataConfig.Source("recordio", dir.resolve("a/x.rec").toString()),
        dir.resolve("a/idx"),
        10,
        Progress.NONE);
    Files.move(dir.resolve("a"), dir.resolve("b"));
    try (Dataset set = DatasetIndex.open(dir.resolve("b/idx"), 0)) {
      set.decode(0, new ImageShape(1, 4, 3), ByteBuffer.allocate(12), 0);
    }
    Files.write(dir.resolve("b/x.rec"), new byte[100]);
    assertThatThrownBy(() -> DatasetIndex.open(dir.resolve("b/idx"), 0).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("changed since it was indexed");
    Files.delete(dir.resolve("b/x.rec"));
    assertThatThrownBy(() -> DatasetIndex.open(dir.resolve("b/idx"), 0).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("its source cannot be opened");
  }

  @Test
  void synthesizesTheSameSetOnDiskAsOnTheHeap() {
    SyntheticSpec spec = new SyntheticSpec(5000, 3, SyntheticSpec.Tail.zipf, 4);
    Path out = dir.resolve("synth");
    IndexBuilder.synthesize(spec, out, Progress.NONE);
    try (Dataset got = DataSets.open(new DataConfig.Source("synthetic", out.toString()));
        Dataset want =
            DataSets.open(new DataConfig.Source("synthetic", "ids=5000;mean=3;seed=4"))) {
      assertThat((double) got.images() / got.identities()).isBetween(2.5, 3.5);
      assertThat(got.fingerprint()).isEqualTo(want.fingerprint());
      ImageShape shape = new ImageShape(1, 8, 8);
      ByteBuffer a = ByteBuffer.allocate(64);
      ByteBuffer b = ByteBuffer.allocate(64);
      for (long image = 0; image < want.images(); image += 7) {
        assertThat(got.identityOf(image)).isEqualTo(want.identityOf(image));
        got.decode(image, shape, a, 0);
        want.decode(image, shape, b, 0);
        assertThat(a).isEqualTo(b);
      }
    }
  }
}
