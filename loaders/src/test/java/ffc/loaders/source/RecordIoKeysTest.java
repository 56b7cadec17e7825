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
import ffc.loaders.tools.DataVerify;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an {@code .idx} may look like, and that it lists each record once. */
class RecordIoKeysTest {
  private static final int[] LABELS = {2, 0, 1, 2, 0, 2, 1, 1, 0, 2, 1, 0};
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  /** A plain pack whose records are all as long as each other; its lines. */
  private List<String> pack() throws Exception {
    try (TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"))) {
      for (int i = 0; i < LABELS.length; i++) {
        byte[] record = java.util.Arrays.copyOf(TestPacks.png(i, 4, 3), 120);
        writer.image(i, LABELS[i], record);
      }
    }
    return Files.readAllLines(dir.resolve("a.idx"));
  }

  private DataConfig.Source source() {
    return new DataConfig.Source("recordio", dir.resolve("a.rec").toString());
  }

  private void list(List<String> lines) throws Exception {
    Files.writeString(dir.resolve("a.idx"), String.join("\n", lines) + "\n");
  }

  private void assertWhole() {
    try (Dataset set = DataSets.open(source())) {
      assertThat(set.identities()).isEqualTo(3);
      assertThat(set.images()).isEqualTo(LABELS.length);
      ByteBuffer out = ByteBuffer.allocate(SHAPE.bytes());
      int image = 0;
      for (int id = 0; id < 3; id++) {
        for (int i = 0; i < LABELS.length; i++) {
          if (LABELS[i] == id) {
            set.decode(image, SHAPE, out, 0);
            assertThat(out.array()).isEqualTo(TestPacks.pixels(i, 4, 3));
            assertThat(set.identityOf(image++)).isEqualTo(id);
          }
        }
      }
    }
  }

  /**
   * Of a list of 17 million lines a message would otherwise read all of them, on a decoding thread.
   */
  @Test
  void theKeyOfARecordIsFoundWithoutReadingTheWholeList() throws Exception {
    List<String> lines = new ArrayList<>(pack());
    long last = Long.parseLong(lines.get(LABELS.length - 1).split("\t")[1]);
    lines.set(0, "x".repeat(lines.get(0).length()));
    list(lines);
    RecordIoFile file = RecordIoFile.open(dir.resolve("a.rec"));
    try {
      assertThat(RecordIoKeys.keyOf(file, last)).isEqualTo(LABELS.length - 1);
    } finally {
      file.close();
    }
  }

  @Test
  void anyOrderAndLineEndWillDo() throws Exception {
    List<String> lines = pack();
    Files.writeString(dir.resolve("a.idx"), String.join("\r\n", lines) + "\r\n");
    assertWhole();
    List<String> byText = new ArrayList<>(lines);
    Collections.sort(byText);
    assertThat(byText).isNotEqualTo(lines);
    list(byText);
    assertWhole();
    List<String> shuffled = new ArrayList<>(lines);
    Collections.shuffle(shuffled, new Random(3));
    list(shuffled);
    assertWhole();
    list(lines.stream().map(line -> "7" + line.substring(line.indexOf('\t'))).toList());
    assertWhole();
    list(lines.stream().map(line -> line.replace('\t', ' ')).toList());
    assertWhole();
    Files.delete(dir.resolve("a.idx"));
    assertWhole();
  }

  @Test
  void recordsThatAreMissingOrListedTwiceAreRefused() throws Exception {
    List<String> lines = pack();
    refuse(lines.subList(0, 9), "its 9 records take", "records are missing in it");
    refuse(lines.subList(1, 12), "its 11 records take", "records are missing in it");
    List<String> twice = new ArrayList<>(lines);
    twice.addAll(lines);
    refuse(twice, "its 24 records take", "it lists records twice");
    // As many records and bytes as there are: sums of lengths alone would not tell.
    List<String> swapped = new ArrayList<>(lines);
    swapped.set(4, lines.get(7));
    refuse(swapped, "its 12 records take", "lists records twice and leaves others out");
    byte[] rec = Files.readAllBytes(dir.resolve("a.rec"));
    Files.write(dir.resolve("a.rec"), java.util.Arrays.copyOf(rec, rec.length + 4));
    refuse(lines, "its 12 records take", "records are missing in it");
  }

  private void refuse(List<String> lines, String... parts) throws Exception {
    list(lines);
    assertThatThrownBy(() -> DataSets.open(source()).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(parts)
        .hasMessageStartingWith(dir.resolve("a.idx").toString());
    DataVerify.Report report = DataVerify.run(source(), null, 1, Progress.NONE);
    assertThat(report.faults()).hasSize(1).first().asString().contains(parts);
    Path out = dir.resolve("index");
    // Small runs: the walk is continued from the middle after each fault before this one.
    assertThatThrownBy(() -> IndexBuilder.build(source(), out, 5, Progress.NONE))
        .isInstanceOf(BadDataException.class)
        .hasMessageContainingAll(parts);
    assertThat(out).doesNotExist();
  }
}
