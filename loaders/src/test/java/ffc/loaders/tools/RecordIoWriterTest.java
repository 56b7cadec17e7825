package ffc.loaders.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.LongArray;
import ffc.loaders.table.SyntheticDataset;
import java.nio.file.Path;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordIoWriterTest {
  private static final long MOST = 1L << 24;

  @TempDir Path dir;

  private static LongArray array(long length, LongUnaryOperator values) {
    return new LongArray() {
      @Override
      public long length() {
        return length;
      }

      @Override
      public long get(long index) {
        return values.applyAsLong(index);
      }
    };
  }

  /** Float32 tells 16,777,216 labels from 0 apart, and no more. */
  @Test
  void moreIdentitiesThanFloatsCanTellApartAreRefusedBeforeAnythingIsMade() throws Exception {
    assertThat((long) (float) (MOST - 1)).isEqualTo(MOST - 1);
    Path rec = dir.resolve("train.rec");
    new RecordIoWriter(rec, MOST).close();
    assertThatThrownBy(() -> new RecordIoWriter(rec, MOST + 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("train.rec: 16777217 identities, at most 16777216")
        .hasMessageContaining("ffc data index");
    IdentityTable table =
        new IdentityTable(array(MOST + 2, i -> i), array(MOST / 64 + 1, i -> 64 * i));
    try (Dataset data = new SyntheticDataset("many", "many", table, 1)) {
      assertThatThrownBy(
              () -> SynthPack.run(data, new ImageShape(3, 8, 8), 0.9f, rec, Progress.NONE))
          .hasMessageContaining("16777217 identities");
    }
    assertThat(dir).isEmptyDirectory();
  }
}
