package ffc.eval.bench;

import com.sun.management.OperatingSystemMXBean;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.FileEmbeddings;
import ffc.eval.gallery.ExactSearch;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Time of an exact search for one query in a file of random unit rows, and of one for many queries
 * at once. {@code bench/search_speed} runs it.
 *
 * <pre>SearchBench ROWS DIM THREADS QUERIES</pre>
 */
public final class SearchBench {
  private static final int PIECE = 1000;
  private static final int TOP = 5;
  private static final int TRIALS = 9;

  private static final OperatingSystemMXBean MACHINE =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private SearchBench() {}

  /**
   * What was measured.
   *
   * @param one seconds for one query, sorted
   * @param cpu seconds of all cores for one query, the mean
   * @param many seconds for all queries at once
   */
  public record Times(double[] one, double cpu, double many) {}

  /** Runs once. */
  public static void main(String[] args) throws IOException {
    int rows = Integer.parseInt(args[0]);
    int dim = Integer.parseInt(args[1]);
    int threads = Integer.parseInt(args[2]);
    int queries = Integer.parseInt(args[3]);
    Times times = measure(rows, dim, threads, queries);
    System.out.printf(
        Locale.ROOT,
        "%d x %d, %d threads: one query median %.3f s (%.3f to %.3f), %.3f s of CPU;"
            + " %d queries at once %.2f s%n",
        rows,
        dim,
        threads,
        times.one()[TRIALS / 2],
        times.one()[0],
        times.one()[TRIALS - 1],
        times.cpu(),
        queries,
        times.many());
  }

  /** Makes a gallery, searches it and removes it. */
  public static Times measure(int rows, int dim, int threads, int queries) throws IOException {
    Path file = Files.createTempFile("gallery", ".npy");
    try {
      Npy.write(file, ElementType.F32, out -> fill(rows, dim, out), rows, dim);
      FileEmbeddings gallery = FileEmbeddings.ofUnitRows(file, new long[rows]);
      ExactSearch search = new ExactSearch(gallery, TOP, false);
      float[] asked = new float[queries * dim];
      for (int query = 0; query < queries; query++) {
        gallery.read((int) ((long) query * rows / queries), 1, asked, query * dim);
      }
      double[] one = new double[TRIALS];
      long cpu = 0;
      for (int trial = -1; trial < TRIALS; trial++) { // the first one warms up
        int query = (trial + 1) % queries;
        float[] row = Arrays.copyOfRange(asked, query * dim, (query + 1) * dim);
        cpu = trial == 0 ? MACHINE.getProcessCpuTime() : cpu;
        long begin = System.nanoTime();
        int found = search.search(row, threads).get(0).get(0).image();
        if (trial >= 0) {
          one[trial] = (System.nanoTime() - begin) / 1e9;
        }
        if (found != (int) ((long) query * rows / queries)) {
          throw new IllegalStateException("query " + query + " found " + found + ", not itself");
        }
      }
      Arrays.sort(one);
      double each = (MACHINE.getProcessCpuTime() - cpu) / 1e9 / TRIALS;
      long begin = System.nanoTime();
      search.search(asked, threads);
      return new Times(one, each, (System.nanoTime() - begin) / 1e9);
    } finally {
      Files.delete(file);
    }
  }

  private static void fill(int rows, int dim, Consumer<ByteBuffer> out) {
    Random random = new Random(1);
    for (int from = 0; from < rows; from += PIECE) {
      int size = Math.min(PIECE, rows - from);
      float[] values = new float[size * dim];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat() - 0.5f;
      }
      for (int i = 0; i < size; i++) {
        ArrayEmbeddings.normalise(values, i * dim, dim, from + i);
      }
      out.accept(HostTensor.of(values, size, dim).data().duplicate());
    }
  }
}
