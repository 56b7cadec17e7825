package ffc.loaders.table;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Encoded records kept on the heap, weighed in bytes, for sources where reads are slow and the
 * system's page cache does not keep them, such as network file systems.
 */
public final class RecordCache implements Records {
  /** What an entry costs beside its bytes. */
  private static final int ENTRY_BYTES = 160;

  private final Records source;
  private final long maxBytes;
  private final Cache<Long, ByteBuffer> cache;

  /**
   * @param source becomes this cache's
   * @param maxBytes most bytes kept, at least 1
   */
  public RecordCache(Records source, long maxBytes) {
    this.source = source;
    this.maxBytes = maxBytes;
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((Long key, ByteBuffer bytes) -> bytes.capacity() + ENTRY_BYTES)
            .recordStats()
            .build();
  }

  @Override
  public ByteBuffer read(long image) throws IOException {
    ByteBuffer bytes = cache.getIfPresent(image);
    if (bytes == null) {
      ByteBuffer found = source.read(image);
      bytes = ByteBuffer.allocate(found.remaining()).put(found.duplicate()).flip();
      cache.put(image, bytes);
    }
    return bytes.duplicate();
  }

  /** Hits, misses and bytes so far. */
  public Map<String, Double> statistics() {
    cache.cleanUp(); // evictions lag behind otherwise
    CacheStats stats = cache.stats();
    long weight = cache.policy().eviction().orElseThrow().weightedSize().orElse(0);
    Map<String, Double> statistics = new LinkedHashMap<>();
    statistics.put("cache_hit_rate", stats.hitRate());
    statistics.put("cache_evictions", (double) stats.evictionCount());
    statistics.put("cache_bytes", (double) weight);
    statistics.put("cache_max_bytes", (double) maxBytes);
    return statistics;
  }

  @Override
  public String describe(long image) {
    return source.describe(image);
  }

  @Override
  public void close() {
    cache.invalidateAll();
    source.close();
  }
}
