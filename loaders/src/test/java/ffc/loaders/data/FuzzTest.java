package ffc.loaders.data;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.VerificationSets;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import ffc.loaders.tar.TestTars;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages files by flipped bits, overwritten stretches and cuts. Every case must end in a {@link
 * BadDataException} of one line or in images that carry their own labels. Left out is what the
 * formats themselves cannot tell: a boolean of a verification pickle is a single byte.
 */
@Timeout(600)
class FuzzTest {
  private static final long SEED = 4_711;

  /** {@code -Dffc.fuzz=20} runs twenty times as many cases. */
  private static final int TIMES = Integer.getInteger("ffc.fuzz", 1);

  private static final int IMAGES = 24;
  private static final int IDENTITIES = 6;
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  private final Map<String, Integer> seedOfPixels = new HashMap<>();
  private int errors;
  private int reads;

  @BeforeEach
  void knowTheImages() {
    for (int i = 0; i < IMAGES; i++) {
      seedOfPixels.put(Arrays.toString(TestPacks.pixels(i, 4, 3)), i);
    }
  }

  private static int label(int image) {
    return image / (IMAGES / IDENTITIES);
  }

  private DataConfig.Source pack(boolean layout) {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    if (layout) {
      writer.image(0, new float[] {IMAGES + 1, IMAGES + 1 + IDENTITIES}, new byte[0]);
    }
    for (int i = 0; i < IMAGES; i++) {
      writer.image(i + 1, label(i), TestPacks.png(i, 4, 3));
    }
    int each = IMAGES / IDENTITIES;
    for (int id = 0; layout && id < IDENTITIES; id++) {
      float[] range = {1 + id * each, 1 + (id + 1) * each};
      writer.image(IMAGES + 1 + id, range, new byte[0]);
    }
    writer.close();
    return new DataConfig.Source("recordio", dir.resolve("a.rec").toString());
  }

  private static byte[] damage(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      case 1 -> {
        int at = random.nextInt(bytes.length);
        int end = Math.min(bytes.length, at + 1 + random.nextInt(16));
        for (int i = at; i < end; i++) {
          bytes[i] = (byte) random.nextInt();
        }
      }
      default -> {
        for (int i = random.nextInt(3); i >= 0; i--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return bytes;
  }

  private void check(Supplier<Dataset> opener, String what) {
    try (Dataset set = opener.get()) {
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      for (long image = 0; image < set.images(); image++) {
        try {
          set.decode(image, SHAPE, out, 0);
          Integer seed = seedOfPixels.get(Arrays.toString(out.array()));
          assertThat(seed).as(what + ": pixels of image " + image).isNotNull();
          assertThat(set.identityOf(image)).as(what).isEqualTo(label(seed));
          reads++;
        } catch (BadDataException e) {
          errors++;
          assertThat(e.getMessage()).as(what).doesNotContain("\n").isNotBlank();
        }
      }
    } catch (BadDataException e) {
      errors++;
      assertThat(e.getMessage()).as(what).doesNotContain("\n").isNotBlank();
    }
  }

  /** Damages one file many times; the set must open or fail cleanly each time. */
  private void fuzz(Path file, int cases, Supplier<Dataset> opener) throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < cases * TIMES; i++) {
      long seed = SEED + i;
      Files.write(file, damage(whole, new Random(seed)));
      check(opener, "%s seed %d".formatted(file.getFileName(), seed));
    }
    Files.write(file, whole);
    int before = errors;
    check(opener, file + " undamaged");
    assertThat(errors).isEqualTo(before);
  }

  @Test
  void records() throws Exception {
    DataConfig.Source source = pack(true);
    fuzz(dir.resolve("a.rec"), 1000, () -> DataSets.open(source));
    assertThat(errors).isGreaterThan(500);
  }

  @Test
  void recordKeys() throws Exception {
    DataConfig.Source source = pack(true);
    fuzz(dir.resolve("a.idx"), 700, () -> DataSets.open(source));
    assertThat(errors).isGreaterThan(350);
  }

  @Test
  void recordsBehindAnIndex() throws Exception {
    Path out = dir.resolve("index");
    IndexBuilder.build(pack(false), out, 100, Progress.NONE);
    DataConfig.Source source = new DataConfig.Source("index", out.toString());
    fuzz(dir.resolve("a.rec"), 600, () -> DataSets.open(source));
    assertThat(reads).isGreaterThan(1000);
  }

  @Test
  void index() throws Exception {
    Path out = dir.resolve("index");
    IndexBuilder.build(pack(true), out, 100, Progress.NONE);
    DataConfig.Source source = new DataConfig.Source("index", out.toString());
    List<Path> files;
    try (Stream<Path> list = Files.list(out)) {
      files = list.sorted().toList();
    }
    assertThat(files).hasSize(5);
    for (Path file : files) {
      fuzz(file, 120, () -> DataSets.open(source));
    }
  }

  @Test
  void indexOfPaths() throws Exception {
    StringBuilder manifest = new StringBuilder();
    for (int i = 0; i < IMAGES; i++) {
      Files.write(dir.resolve(i + ".png"), TestPacks.png(i, 4, 3));
      manifest.append(label(i)).append('\t').append(i).append(".png\n");
    }
    Files.writeString(dir.resolve("m.tsv"), manifest);
    Path out = dir.resolve("index");
    IndexBuilder.build(
        new DataConfig.Source("manifest", dir.resolve("m.tsv").toString()),
        out,
        100,
        Progress.NONE);
    DataConfig.Source source = new DataConfig.Source("index", out.toString());
    fuzz(out.resolve("names.bin"), 100, () -> DataSets.open(source));
  }

  @Test
  void lmdb() throws Exception {
    List<TestLmdb.Entry> entries = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      entries.add(new TestLmdb.Entry("key" + i, label(i), TestPacks.png(i, 4, 3)));
    }
    TestLmdb.write(dir.resolve("db"), entries);
    Path data = dir.resolve("db/data.mdb");
    byte[] whole = Files.readAllBytes(data);
    DataConfig.Source source = new DataConfig.Source("lmdb", dir.resolve("db").toString());
    for (int i = 0; i < 700 * TIMES; i++) {
      Random random = new Random(SEED + i);
      byte[] bytes = damage(whole, random);
      Files.write(data, bytes);
      check(() -> DataSets.open(source), "data.mdb seed " + (SEED + i));
    }
    assertThat(errors).isGreaterThan(100);
  }

  /** A label in a tar has no checksum: a digit that becomes another digit cannot be told. */
  @Test
  void tars() throws Exception {
    Path file = dir.resolve("a.tar");
    try (TestTars tar = new TestTars(file)) {
      for (int i = 0; i < IMAGES; i++) {
        String name = i % 5 == 0 ? "x".repeat(120) + i : "key" + i;
        tar.sample(name, label(i), TestPacks.png(i, 4, 3));
      }
    }
    byte[] whole = Files.readAllBytes(file);
    DataConfig.Source source = new DataConfig.Source("webdataset", file.toString());
    Path out = dir.resolve("index");
    IndexBuilder.build(source, out, 100, Progress.NONE);
    DataConfig.Source indexed = new DataConfig.Source("index", out.toString());
    for (int i = 0; i < 1500 * TIMES; i++) {
      byte[] bytes = damage(whole, new Random(SEED + i));
      for (int at = 0; at + 1 < bytes.length; at += 512) {
        if (whole[at] >= '0' && whole[at] <= '9' && whole[at + 1] == '\n') {
          bytes[at] = whole[at];
          bytes[at + 1] = '\n';
        }
      }
      Files.write(file, bytes);
      DataConfig.Source opened = i % 3 == 0 ? indexed : source;
      check(() -> DataSets.open(opened), "%s seed %d".formatted(opened.format(), SEED + i));
    }
    assertThat(errors).isGreaterThan(500);
    assertThat(reads).isGreaterThan(500);
  }

  /**
   * Pages have checksums here; what no checksum of the format covers, footer and headers, may name
   * another column or another page, but no picture gets another one's label.
   */
  @Test
  void parquet() throws Exception {
    for (String name : List.of("pages", "pages-unpacked", "pages-2", "pages-2-unpacked")) {
      Path file = dir.resolve(name + ".parquet");
      byte[] whole = Files.readAllBytes(Path.of("src/test/resources/parquet", name + ".parquet"));
      Files.write(file, whole);
      DataConfig.Source source = new DataConfig.Source("parquet", file.toString());
      Path out = dir.resolve("index-" + name);
      IndexBuilder.build(source, out, 100, Progress.NONE);
      DataConfig.Source indexed = new DataConfig.Source("index", out.toString());
      for (int i = 0; i < 600 * TIMES; i++) {
        Files.write(file, damage(whole, new Random(SEED + i)));
        DataConfig.Source opened = i % 3 == 0 ? indexed : source;
        check(
            () -> DataSets.open(opened),
            "%s of %s seed %d".formatted(opened.format(), name, SEED + i));
      }
    }
    assertThat(errors).isGreaterThan(1000);
    assertThat(reads).isGreaterThan(1000);
  }

  /** No checksums, all encodings: whatever is read, nothing hangs and nothing else is thrown. */
  @Test
  void parquetWithoutChecksums() throws Exception {
    for (String name :
        List.of("hugging-face", "gzip", "zstd", "lz4", "dictionary", "deltas", "delta-strings")) {
      Path file = dir.resolve(name + ".parquet");
      byte[] whole = Files.readAllBytes(Path.of("src/test/resources/parquet", name + ".parquet"));
      DataConfig.Source source = new DataConfig.Source("parquet", file.toString());
      for (int i = 0; i < 400 * TIMES; i++) {
        Files.write(file, damage(whole, new Random(SEED + i)));
        try (Dataset set = DataSets.open(source)) {
          ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
          for (long image = 0; image < set.images(); image++) {
            try {
              assertThat(set.identityName(set.identityOf(image))).isNotNull();
              set.decode(image, SHAPE, out, 0);
              reads++;
            } catch (BadDataException e) {
              errors++;
              assertThat(e.getMessage()).doesNotContain("\n").isNotBlank();
            }
          }
        } catch (BadDataException e) {
          errors++;
          assertThat(e.getMessage()).doesNotContain("\n").isNotBlank();
        } catch (RuntimeException | Error e) {
          throw new AssertionError(name + " seed " + (SEED + i), e);
        }
      }
    }
    assertThat(errors).isGreaterThan(1000);
    assertThat(reads).isGreaterThan(1000);
  }

  @Test
  void verificationPickle() throws Exception {
    for (String name : List.of("bytes-2", "numpy-4", "py2str-0")) {
      Path origin = Path.of("src/test/resources/pickles", name + ".bin");
      byte[] whole = Files.readAllBytes(origin);
      Path file = dir.resolve(name + ".bin");
      for (int i = 0; i < 300 * TIMES; i++) {
        String what = "%s seed %d".formatted(name, SEED + i);
        Files.write(file, damage(whole, new Random(SEED + i)));
        try (VerificationSet set = VerificationSets.openBin(file)) {
          ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
          for (int image = 0; image < set.images(); image++) {
            try {
              set.decode(image, SHAPE, out, 0);
              for (int p = 0; p < SHAPE.bytes(); p++) {
                assertThat(out.get(p) & 0xff).as(what).isEqualTo((image * 50 + p * 7) % 256);
              }
            } catch (BadDataException e) {
              assertThat(e.getMessage()).as(what).doesNotContain("\n");
            }
          }
        } catch (BadDataException e) {
          assertThat(e.getMessage()).as(what).doesNotContain("\n");
        }
      }
    }
  }
}
