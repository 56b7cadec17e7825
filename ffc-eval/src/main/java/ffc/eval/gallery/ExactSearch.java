package ffc.eval.gallery;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The rows of a gallery with the highest cosines to each query. Every row is looked at, in one pass
 * for all queries; the answer is the same with any number of threads.
 */
public final class ExactSearch {
  /** Rows that stay in a core's cache while all queries are multiplied with them. */
  private static final int BLOCK = 128;

  /**
   * A row that was found.
   *
   * @param image its number
   * @param score cosine with the query
   */
  public record Hit(int image, float score) {}

  private final Embeddings gallery;
  private final int top;
  private final boolean oneEach;

  /**
   * @param top hits for each query, at least 1
   * @param oneEach only the best row of each identity counts
   */
  public ExactSearch(Embeddings gallery, int top, boolean oneEach) {
    this.gallery = gallery;
    this.top = Math.min(top, Math.max(1, gallery.size()));
    this.oneEach = oneEach;
  }

  /**
   * Searches.
   *
   * @param queries unit rows, f32 [queries, dim]
   * @param threads at least 1
   * @return for each query its hits, the best first, of equal ones the first in the gallery
   */
  public List<List<Hit>> search(float[] queries, int threads) {
    int count = queries.length / gallery.dim();
    int each = (gallery.size() + threads - 1) / threads;
    ExecutorService workers =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "gallery-search");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<List<Best>>> parts = new ArrayList<>();
      for (int from = 0; from < gallery.size(); from += each) {
        int begin = from;
        int end = (int) Math.min(gallery.size(), (long) from + each);
        parts.add(workers.submit(() -> part(queries, count, begin, end)));
      }
      List<Best> all = empty(count);
      for (Future<List<Best>> part : parts) {
        List<Best> found = await(part);
        for (int query = 0; query < count; query++) {
          all.get(query).add(found.get(query));
        }
      }
      return all.stream().map(Best::hits).toList();
    } finally {
      workers.shutdown();
    }
  }

  private List<Best> empty(int count) {
    List<Best> all = new ArrayList<>();
    for (int query = 0; query < count; query++) {
      all.add(new Best());
    }
    return all;
  }

  private List<Best> part(float[] queries, int count, int begin, int end) {
    int dim = gallery.dim();
    float[] rows = new float[BLOCK * dim];
    List<Best> best = empty(count);
    for (int from = begin; from < end; from += BLOCK) {
      int size = Math.min(BLOCK, end - from);
      gallery.read(from, size, rows, 0);
      for (int query = 0; query < count; query++) {
        Best ofQuery = best.get(query);
        for (int i = 0; i < size; i++) {
          ofQuery.offer(from + i, InnerProduct.of(queries, query * dim, rows, i * dim, dim));
        }
      }
    }
    return best;
  }

  private static List<Best> await(Future<List<Best>> part) {
    try {
      return part.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the search was interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException("the search failed: " + e.getCause(), e.getCause());
    }
  }

  /** The best rows so far, falling scores, of equal ones the lower number first. */
  private final class Best {
    private final int[] images = new int[top];
    private final float[] scores = new float[top];
    private int size;

    void offer(int image, float score) {
      if (size == top && !better(score, image, size - 1)) {
        return;
      }
      if (oneEach) {
        long identity = gallery.label(image);
        for (int i = 0; i < size; i++) {
          if (gallery.label(images[i]) == identity) {
            if (!better(score, image, i)) {
              return;
            }
            System.arraycopy(images, i + 1, images, i, size - i - 1);
            System.arraycopy(scores, i + 1, scores, i, size - i - 1);
            size--;
            break;
          }
        }
      }
      size = Math.min(size + 1, top);
      int at = size - 1;
      while (at > 0 && better(score, image, at - 1)) {
        images[at] = images[at - 1];
        scores[at] = scores[at - 1];
        at--;
      }
      images[at] = image;
      scores[at] = score;
    }

    private boolean better(float score, int image, int than) {
      return score > scores[than] || (score == scores[than] && image < images[than]);
    }

    void add(Best other) {
      for (int i = 0; i < other.size; i++) {
        offer(other.images[i], other.scores[i]);
      }
    }

    List<Hit> hits() {
      List<Hit> hits = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        hits.add(new Hit(images[i], scores[i]));
      }
      return List.copyOf(hits);
    }
  }
}
