package ffc.loaders.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RecordCacheTest {
  private static final int RECORD = 1_000;

  /** Gives every record in one and the same buffer, as readers do. */
  private static final class Reader implements Records {
    private final ByteBuffer buffer = ByteBuffer.allocate(RECORD);
    private int reads;
    private boolean closed;

    @Override
    public ByteBuffer read(long image) {
      reads++;
      buffer.clear();
      while (buffer.hasRemaining()) {
        buffer.put((byte) image);
      }
      return buffer.flip();
    }

    @Override
    public String describe(long image) {
      return "record " + image;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static void assertRecord(ByteBuffer bytes, int image) {
    assertThat(bytes.remaining()).isEqualTo(RECORD);
    assertThat(bytes.get(0)).isEqualTo((byte) image);
    assertThat(bytes.get(RECORD - 1)).isEqualTo((byte) image);
  }

  @Test
  void keepsCopiesThatFurtherReadsLeaveAlone() throws Exception {
    Reader reader = new Reader();
    try (RecordCache cache = new RecordCache(reader, 100_000)) {
      for (int round = 0; round < 3; round++) {
        for (int image = 0; image < 20; image++) {
          ByteBuffer bytes = cache.read(image);
          assertRecord(bytes, image);
          bytes.position(bytes.limit()); // the reader's own affair
        }
      }
      assertThat(reader.reads).isEqualTo(20);
      assertThat(cache.describe(7)).isEqualTo("record 7");
      Map<String, Double> statistics = cache.statistics();
      assertThat(statistics.get("cache_hit_rate")).isEqualTo(40 / 60.0);
      assertThat(statistics.get("cache_bytes")).isBetween(20.0 * RECORD, 25.0 * RECORD);
      assertThat(statistics.get("cache_evictions")).isZero();
    }
    assertThat(reader.closed).isTrue();
  }

  @Test
  void neverKeepsMoreThanItMay() throws Exception {
    Reader reader = new Reader();
    try (RecordCache cache = new RecordCache(reader, 10 * RECORD)) {
      for (int image = 0; image < 100; image++) {
        assertRecord(cache.read(image), image);
        assertThat(cache.statistics().get("cache_bytes")).isLessThanOrEqualTo(10.0 * RECORD);
      }
      assertThat(cache.statistics().get("cache_evictions")).isGreaterThanOrEqualTo(90);
      assertThat(cache.statistics().get("cache_max_bytes")).isEqualTo(10.0 * RECORD);
    }
  }
}
