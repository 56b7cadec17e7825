package ffc.eval.embedding;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Embeds a run of images in batches, the next batch being decoded while one is embedded. */
public final class EmbeddingPass {
  /** Decodes one image into a batch. */
  public interface Decoder {
    void decode(int image, ByteBuffer out, int offset);
  }

  private EmbeddingPass() {}

  /**
   * Embeds images 0 … count − 1.
   *
   * @param threads decoding threads, at least 1
   * @return f32 [count, dim], as the embedder gives them
   */
  public static float[] embed(
      ImageEmbedder embedder, int count, Decoder decoder, int batch, int threads) {
    if ((long) count * embedder.dim() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          count
              + " images x "
              + embedder.dim()
              + " dimensions exceed one array (2^31 values): embed them to a file (ffc embed) and"
              + " judge that");
    }
    float[] rows = new float[count * embedder.dim()];
    each(
        embedder,
        count,
        decoder,
        batch,
        threads,
        (images, from, size) -> embedder.embed(images, size, rows, from * embedder.dim()));
    return rows;
  }

  /** Takes a batch of decoded images. */
  public interface Batches {
    /**
     * @param from number of the first image
     * @param size images in the batch
     */
    void batch(ByteBuffer images, int from, int size);
  }

  /** Decodes images 0 … count − 1 and hands them on, batch by batch. */
  public static void each(
      ImageEmbedder embedder, int count, Decoder decoder, int batch, int threads, Batches sink) {
    int imageBytes = embedder.shape().bytes();
    ByteBuffer ready = ByteBuffer.allocateDirect(Math.multiplyExact(batch, imageBytes));
    ByteBuffer filling = ByteBuffer.allocateDirect(batch * imageBytes);
    ExecutorService ahead =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "evaluation-decoder");
              thread.setDaemon(true);
              return thread;
            });
    try {
      Batch work = new Batch(ahead, threads, decoder, imageBytes);
      List<Future<?>> decoded = work.decode(filling, 0, Math.min(batch, count));
      for (int from = 0; from < count; from += batch) {
        for (Future<?> part : decoded) {
          await(part);
        }
        ByteBuffer swap = ready;
        ready = filling;
        filling = swap;
        int next = from + batch;
        if (next < count) {
          decoded = work.decode(filling, next, Math.min(next + batch, count));
        }
        sink.batch(ready, from, Math.min(batch, count - from));
      }
    } finally {
      ahead.shutdown(); // no interrupt: it would close the file that a thread reads
    }
  }

  /** Decodes batches, their images dealt out to all threads. */
  private record Batch(ExecutorService ahead, int threads, Decoder decoder, int imageBytes) {
    List<Future<?>> decode(ByteBuffer out, int from, int to) {
      List<Future<?>> parts = new ArrayList<>();
      int each = (to - from + threads - 1) / threads;
      for (int first = from; first < to; first += each) {
        int begin = first;
        int end = Math.min(to, first + each);
        parts.add(
            ahead.submit(
                () -> {
                  for (int image = begin; image < end; image++) {
                    decoder.decode(image, out, (image - from) * imageBytes);
                  }
                }));
      }
      return parts;
    }
  }

  private static void await(Future<?> decoded) {
    try {
      decoded.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException("decoding failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("evaluation was interrupted", e);
    }
  }
}
