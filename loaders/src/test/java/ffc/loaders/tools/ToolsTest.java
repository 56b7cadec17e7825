package ffc.loaders.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Quickstart;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.TestPacks;
import ffc.loaders.table.RecordDataset;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ToolsTest {
  @TempDir Path dir;

  private static DataConfig.Source recordio(Path path) {
    return new DataConfig.Source("recordio", path.toString());
  }

  @Test
  void statsCountTheQuickstartSet() {
    try (Dataset data = DataSets.open(Quickstart.train())) {
      DataStats stats = DataStats.of(data, 500, Progress.NONE);
      assertThat(stats.mean()).isCloseTo(10.351, org.assertj.core.data.Offset.offset(1e-9));
      assertThat(stats.median()).isEqualTo(8);
      assertThat(stats.max()).isEqualTo(48);
      assertThat(stats.histogram().get(1L)).isEqualTo(152);
      assertThat(stats.sizes()).containsExactly(java.util.Map.entry("32x32", 500L));
      long ids = 0;
      long images = 0;
      for (DataStats.Stratum stratum : stats.strata()) {
        ids += stratum.identities();
        images += stratum.images();
      }
      assertThat(ids).isEqualTo(2000);
      assertThat(images).isEqualTo(20_702);
      assertThat(StatsReport.text(stats))
          .contains("images      20,702", "mean 10.35, median 8, max 48");
      assertThat(StatsReport.json(stats)).contains("\"identities\":2000", "\"1\":152");
      assertThat(StatsReport.svg(stats)).startsWith("<svg").endsWith("</svg>\n");
    }
  }

  @Test
  void verifyListsEveryFaultWithKeyAndOffset() throws Exception {
    Path rec = dir.resolve("a.rec");
    Files.copy(Quickstart.ROOT.resolve("open.rec"), rec);
    Files.copy(Quickstart.ROOT.resolve("open.idx"), dir.resolve("a.idx"));
    Files.copy(Quickstart.ROOT.resolve("open.property"), dir.resolve("a.property"));
    assertThat(DataVerify.run(recordio(rec), Quickstart.SHAPE, 2, Progress.NONE))
        .isEqualTo(new DataVerify.Report(5630, List.of(), List.of()));
    byte[] bytes = Files.readAllBytes(rec);
    List<String> idx = Files.readAllLines(dir.resolve("a.idx"));
    for (int key : new int[] {7, 100, 5000}) {
      int offset = Integer.parseInt(idx.get(key).split("\t", -1)[1]);
      bytes[offset + (key == 100 ? 0 : 90)] ^= 4;
    }
    Files.write(rec, bytes);
    DataVerify.Report report = DataVerify.run(recordio(rec), Quickstart.SHAPE, 2, Progress.NONE);
    assertThat(report.sound()).isFalse();
    assertThat(report.faults()).hasSize(3);
    assertThat(report.faults().get(0)).contains("a.rec key 7 (offset ", "corrupt PNG");
    assertThat(report.faults().get(1)).contains("a.rec key 100 (offset ", "wanted the record mark");
    assertThat(report.faults().get(2)).contains("a.rec key 5000 (offset ");
  }

  @Test
  void verifyReadsFoldersAndIndexes() throws Exception {
    for (int i = 0; i < 6; i++) {
      Path file = dir.resolve("f/id" + i / 2 + "/" + i + ".png");
      Files.createDirectories(file.getParent());
      Files.write(file, TestPacks.png(i, 4, 3));
    }
    DataConfig.Source folder = new DataConfig.Source("folder", dir.resolve("f").toString());
    IndexBuilder.build(folder, dir.resolve("index"), 100, Progress.NONE);
    DataConfig.Source index = new DataConfig.Source("index", dir.resolve("index").toString());
    assertThat(DataVerify.run(folder, null, 2, Progress.NONE).sound()).isTrue();
    assertThat(DataVerify.run(index, null, 2, Progress.NONE).sound()).isTrue();
    Files.write(dir.resolve("f/id1/3.png"), new byte[] {1, 2, 3, 4});
    Files.delete(dir.resolve("f/id2/4.png"));
    List<String> faults = DataVerify.run(index, null, 2, Progress.NONE).faults();
    assertThat(faults).hasSize(2);
    assertThat(faults.get(0))
        .endsWith("3.png: not a JPEG, PNG, WebP, GIF, BMP or TIFF image: begins with 01020304");
    assertThat(faults.get(1)).endsWith("4.png: no such file");
    byte[] places = Files.readAllBytes(dir.resolve("index/places.i64"));
    places[3] ^= 1;
    Files.write(dir.resolve("index/places.i64"), places);
    assertThat(DataVerify.run(index, null, 2, Progress.NONE).faults())
        .anyMatch(line -> line.contains("places.i64: block at offset 0 has checksum"));
  }

  @Test
  void unpackWritesTheBytesUntouched() throws Exception {
    Path rec = dir.resolve("a.rec");
    TestPacks.Writer writer = new TestPacks.Writer(rec);
    writer.image(0, 1, TestPacks.png(0, 4, 3));
    writer.image(1, 0, TestPacks.png(1, 4, 3));
    writer.image(2, 1, TestPacks.png(2, 4, 3));
    writer.close();
    Path out = dir.resolve("out");
    try (Dataset data = DataSets.open(recordio(rec))) {
      assertThat(Unpack.run(data, out, Progress.NONE)).isEqualTo(3);
      assertThatThrownBy(() -> Unpack.run(data, out, Progress.NONE))
          .hasMessageEndingWith("out: holds other files already; choose another folder");
      Files.delete(out.resolve("id_1/1_1.png"));
      Files.writeString(out.resolve(".unpacking"), "another set");
      assertThatThrownBy(() -> Unpack.run(data, out, Progress.NONE))
          .hasMessageContaining("holds other files already");
      Files.writeString(out.resolve(".unpacking"), data.fingerprint()); // as a stop leaves it
      DataConfig.Source half = new DataConfig.Source("folder", out.toString());
      assertThatThrownBy(() -> DataSets.open(half).close())
          .hasMessageContaining("out: not all of it is there; ./ffc data unpack SOURCE --out ");
      assertThat(Unpack.run(data, out, Progress.NONE)).isEqualTo(3);
    }
    assertThat(out.resolve("id_0/0_0.png")).hasBinaryContent(TestPacks.png(1, 4, 3));
    assertThat(out.resolve("id_1/1_0.png")).hasBinaryContent(TestPacks.png(0, 4, 3));
    assertThat(out.resolve("id_1/1_1.png")).hasBinaryContent(TestPacks.png(2, 4, 3));
    try (Stream<Path> files = Files.walk(out)) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(3);
    }
  }

  @Test
  void packPairsIsReadBack() throws Exception {
    for (int i = 0; i < 3; i++) {
      Files.write(dir.resolve(i + ".png"), TestPacks.png(i, 4, 3));
    }
    Path list = dir.resolve("pairs.txt");
    Files.writeString(list, "0.png 1.png 0\n1.png 2.png 1\n");
    Path bin = dir.resolve("out.bin");
    assertThat(PackPairs.run(list, dir, bin, Progress.NONE)).isEqualTo(2);
    try (VerificationSet set = VerificationSets.openBin(bin)) {
      assertThat(set.pairs()).isEqualTo(2);
      assertThat(List.of(set.same(0), set.same(1))).containsExactly(false, true);
      ByteBuffer out = ByteBuffer.allocate(12);
      int[] images = {0, 1, 1, 2};
      for (int i = 0; i < 4; i++) {
        set.decode(i, new ImageShape(1, 4, 3), out, 0);
        assertThat(out.array()).isEqualTo(TestPacks.pixels(images[i], 4, 3));
      }
    }
    Files.write(dir.resolve("2.png"), new byte[] {9, 9, 9, 9});
    Path other = dir.resolve("other.bin");
    assertThatThrownBy(() -> PackPairs.run(list, dir, other, Progress.NONE))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("image 3: not a JPEG, PNG");
    assertThat(other).doesNotExist();
    assertThat(dir.resolve("other.bin.part")).doesNotExist();
  }

  @Test
  void splitHoldsIdentitiesOutWithoutLosingAny() throws Exception {
    Path out = dir.resolve("split");
    try (RecordDataset data = (RecordDataset) DataSets.open(Quickstart.open())) {
      Split.Result result = Split.run(data, 100, 2, 3, out, Progress.NONE);
      assertThat(Split.Result.identities(result.open())).isEqualTo(100);
      assertThat(Split.Result.identities(result.train())).isEqualTo(401);
      assertThat(Split.Result.images(result.open()) + Split.Result.images(result.train()))
          .isEqualTo(Split.Result.images(result.all()))
          .isEqualTo(5630);
      Set<ByteBuffer> want = new HashSet<>();
      for (long i = 0; i < data.images(); i++) {
        want.add(data.encoded(i));
      }
      Set<ByteBuffer> got = new HashSet<>();
      Set<String> names = new HashSet<>();
      for (String side : List.of("train", "open")) {
        try (RecordDataset part =
            (RecordDataset) DataSets.open(recordio(out.resolve(side + ".rec")))) {
          List<String> labels = Files.readAllLines(out.resolve(side + ".labels.tsv"));
          for (long id = 0; id < part.identities(); id++) {
            String[] fields = labels.get((int) id + 1).split("\t", -1);
            names.add(fields[1]);
            long origin = Long.parseLong(fields[1]);
            assertThat(part.imageCount(id)).isEqualTo(data.imageCount(origin)).isPositive();
            assertThat(part.encoded(part.firstImage(id)))
                .isEqualTo(data.encoded(data.firstImage(origin)));
          }
          for (long i = 0; i < part.images(); i++) {
            got.add(part.encoded(i));
          }
        }
      }
      assertThat(names).hasSize(501);
      assertThat(got).isEqualTo(want);
      assertThatThrownBy(() -> Split.run(data, 501, 2, 3, out, Progress.NONE))
          .hasMessageContaining("wanted 1 to 500");
    }
  }

  @Test
  void synthPackKeepsIdentitiesRecognisable() {
    Path rec = dir.resolve("s.rec");
    ImageShape shape = new ImageShape(3, 24, 24);
    try (Dataset synth =
        DataSets.open(new DataConfig.Source("synthetic", "ids=20;mean=3;seed=1"))) {
      assertThat(SynthPack.run(synth, shape, 0.9f, rec, Progress.NONE)).isPositive();
      try (Dataset pack = DataSets.open(recordio(rec))) {
        assertThat(pack.identities()).isEqualTo(20);
        assertThat(pack.images()).isEqualTo(synth.images());
        ByteBuffer a = ByteBuffer.allocate(shape.bytes());
        ByteBuffer b = ByteBuffer.allocate(shape.bytes());
        for (long i = 0; i < pack.images(); i++) {
          assertThat(pack.identityOf(i)).isEqualTo(synth.identityOf(i));
          pack.decode(i, shape, a, 0);
          synth.decode(i, shape, b, 0);
          double difference = 0;
          for (int p = 0; p < shape.bytes(); p++) {
            difference += Math.abs((a.get(p) & 0xff) - (b.get(p) & 0xff));
          }
          assertThat(difference / shape.bytes()).isLessThan(25);
        }
      }
      assertThatThrownBy(() -> Unpack.run(synth, dir, Progress.NONE))
          .hasMessageContaining("stores no images");
    }
  }
}
