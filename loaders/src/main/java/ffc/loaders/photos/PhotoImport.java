package ffc.loaders.photos;

import com.google.common.io.Closer;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Counted;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.tools.AsideFile;
import ffc.loaders.tools.RecordIoWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes a pack of one size from a folder tree of photographs: {@code train.rec} with {@code .idx},
 * {@code .property} and {@code .labels.tsv}, and beside them what was left out ({@code
 * left-out.tsv}) and what is there twice ({@code duplicates.tsv}). Files are decoded on several
 * threads and written in the order of the tree, so that the pack depends on neither.
 */
public final class PhotoImport {
  /** Files that are decoded ahead, for each thread. */
  private static final int AHEAD = 16;

  /**
   * What to import, and how.
   *
   * @param source folder tree
   * @param out folder to fill, made if needed
   * @param height of all pictures, pixels
   * @param width of all pictures, pixels
   * @param channels 3, or 1 for gray
   * @param workers decoding threads
   */
  public record Options(
      Path source, Path out, int height, int width, int channels, Fit fit, int workers) {
    /** Pixels of a side at least. */
    public static final int LEAST = 8;

    /** Pixels of a side at most. */
    public static final int MOST = 4096;

    public Options {
      if (Math.min(height, width) < LEAST || Math.max(height, width) > MOST) {
        throw new IllegalArgumentException(
            "size: got %dx%d (height x width), wanted %d to %d each"
                .formatted(height, width, LEAST, MOST));
      }
      if (channels != 1 && channels != 3) {
        throw new IllegalArgumentException("channels: got " + channels + ", wanted 1 or 3");
      }
      if (workers < 1 || workers > 1024) {
        throw new IllegalArgumentException("workers: got " + workers + ", wanted 1 to 1024");
      }
    }
  }

  /**
   * What an import made.
   *
   * @param images identities by number of images
   * @param leftOut files and folders by the kind of reason
   * @param text lines that say it all
   */
  public record Result(TreeMap<Long, Long> images, Map<String, Long> leftOut, String text) {}

  /** A file whose turn to be written comes. */
  private record Pending(String identity, String path, Future<Imported> picture) {}

  private final Options options;
  private final Progress progress;
  private final long total;
  private final ExecutorService workers;
  private final Imported.Memory memory = Imported.Memory.ofHeap();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final Closer files = Closer.create();
  private final RecordIoWriter pack;
  private final AsideFile labels;
  private final LeftOut leftOut;
  private final Duplicates duplicates;
  private final TreeMap<Long, Long> images = new TreeMap<>();
  private String identity;
  private long ofIdentity;
  private long done;

  private PhotoImport(Options options, long[] counted, Progress progress) throws IOException {
    this.options = options;
    this.progress = progress;
    this.total = counted[0];
    this.workers = Executors.newFixedThreadPool(options.workers());
    files.register(workers::shutdownNow);
    try {
      Path out = options.out();
      pack = files.register(new RecordIoWriter(out.resolve("train.rec"), counted[1]));
      labels = files.register(new AsideFile(out.resolve("train.labels.tsv")));
      leftOut = files.register(new LeftOut(out.resolve("left-out.tsv")));
      duplicates = files.register(new Duplicates(out.resolve("duplicates.tsv")));
    } catch (Throwable e) {
      files.close();
      throw e;
    }
  }

  /**
   * Imports.
   *
   * @throws BadDataException if the source holds no file of an identity, or no picture that can be
   *     read
   * @throws IllegalArgumentException if the source is no folder, or the pack exists already
   */
  public static Result run(Options options, Progress progress) {
    Path out = options.out();
    check(options);
    try {
      PhotoTree tree = new PhotoTree(options.source());
      long[] counted = count(tree, progress);
      if (counted[0] == 0) {
        throw new BadDataException(
            options.source()
                + ": no file in any folder below it, wanted one folder for each identity with its"
                + " pictures");
      }
      try (MadeFolders made = new MadeFolders(out)) {
        PhotoImport run = new PhotoImport(options, counted, progress);
        try (Closer files = run.files) {
          return run.write(tree);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be filled: " + e.getMessage(), e);
    }
  }

  private static void check(Options options) {
    Path source = options.source();
    Path out = options.out();
    if (!Files.isDirectory(source)) {
      throw new IllegalArgumentException(
          source + (Files.exists(source) ? ": is a file, wanted a folder" : ": no such folder"));
    }
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException(out + ": is a file, wanted a folder to fill");
    }
    if (out.toAbsolutePath().normalize().startsWith(source.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          out + ": lies inside of " + source + ", whose pictures are read; choose another folder");
    }
    if (Files.exists(out.resolve("train.rec"))) {
      throw new IllegalArgumentException(
          out.resolve("train.rec") + ": exists already; remove it or choose another folder");
    }
  }

  /** Numbers of files and of identities that have any. */
  private static long[] count(PhotoTree tree, Progress progress) throws IOException {
    long[] counted = {0, 0};
    tree.walk(
        new PhotoTree.Visitor() {
          private String last = "";

          @Override
          public void file(String of, String path, PhotoTree.Bytes bytes) {
            counted[1] += of.equals(last) ? 0 : 1;
            last = of;
            progress.report("counting files", ++counted[0], -1);
          }

          @Override
          public void leftOut(String path, LeftOut.Kind kind, String reason) {}
        });
    return counted;
  }

  private Result write(PhotoTree tree) throws IOException {
    labels.write(LeftOut.line("label", "identity", "images"));
    tree.walk(
        new PhotoTree.Visitor() {
          @Override
          public void file(String of, String path, PhotoTree.Bytes bytes) throws IOException {
            add(new Pending(of, path, workers.submit(() -> Imported.of(bytes, options, memory))));
          }

          @Override
          public void leftOut(String path, LeftOut.Kind kind, String reason) throws IOException {
            add(done(null, path, kind, reason));
          }

          @Override
          public void end(String of) throws IOException {
            add(done(of, null, null, ""));
          }
        });
    while (!pending.isEmpty()) {
      take(pending.remove());
    }
    if (pack.identities() == 0) {
      throw new BadDataException(
          "%s: none of %,d files is a picture that can be read: %s"
              .formatted(
                  options.source(), total, leftOut.text().strip().replaceAll("\\s*\n\\s*", "; ")));
    }
    leftOut.commit();
    duplicates.commit();
    labels.commit();
    pack.commit(options.height(), options.width());
    return new Result(images, leftOut.counts(), text());
  }

  private static Pending done(String of, String path, LeftOut.Kind kind, String reason) {
    return new Pending(of, path, CompletableFuture.completedFuture(Imported.leftOut(kind, reason)));
  }

  private void add(Pending next) throws IOException {
    pending.add(next);
    if (pending.size() > AHEAD * options.workers()) {
      take(pending.remove());
    }
  }

  private void take(Pending next) throws IOException {
    Imported picture = picture(next);
    if (next.path() == null) {
      endOfIdentity(next.identity());
      return;
    }
    if (next.identity() != null) {
      progress.report("pictures", ++done, total);
    }
    if (picture.kind() != null) {
      leftOut.add(next.path(), picture.kind(), picture.reason());
      return;
    }
    if (!next.identity().equals(identity)) {
      identity = next.identity();
      ofIdentity = 0;
      pack.identity();
      duplicates.identity(identity);
    }
    String same = duplicates.add(next.path(), picture);
    if (same != null) {
      leftOut.add(next.path(), LeftOut.Kind.COPY, same);
      return;
    }
    pack.image(ByteBuffer.wrap(picture.encoded()));
    ofIdentity++;
  }

  private static Imported picture(Pending next) {
    try {
      return next.picture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(next.path() + ": " + e.getCause(), e.getCause());
    }
  }

  private void endOfIdentity(String name) throws IOException {
    if (!name.equals(identity)) {
      leftOut.add(name, LeftOut.Kind.EMPTY, "none of its files is a picture that can be read");
      return;
    }
    images.merge(ofIdentity, 1L, Long::sum);
    labels.write(
        LeftOut.line(Long.toString(pack.identities() - 1), name, Long.toString(ofIdentity)));
  }

  private String text() {
    long stored = images.entrySet().stream().mapToLong(e -> e.getKey() * e.getValue()).sum();
    Path out = options.out();
    StringBuilder text =
        new StringBuilder(
            "%s: %s, %s of %dx%d%n"
                .formatted(
                    out.resolve("train.rec"),
                    Counted.of(pack.identities(), "identity"),
                    Counted.of(stored, "picture"),
                    options.height(),
                    options.width()));
    long single = images.getOrDefault(1L, 0L);
    if (single > 0) {
      text.append(
          "  %s %s a single picture%n"
              .formatted(Counted.of(single, "identity"), single == 1 ? "has" : "have"));
    }
    if (pack.identities() == 1) {
      text.append("  training wants two identities at least\n");
    }
    if (duplicates.near() + duplicates.elsewhere() > 0) {
      text.append(
          "kept, but there twice (%s): %,d look like another of their identity, %,d have the same bytes as one of another%n"
              .formatted(out.resolve("duplicates.tsv"), duplicates.near(), duplicates.elsewhere()));
    }
    long missing = leftOut.counts().values().stream().mapToLong(Long::longValue).sum();
    return text.append(
            missing == 0
                ? "nothing was left out\n"
                : "left out (%s): %,d%n%s"
                    .formatted(out.resolve("left-out.tsv"), missing, leftOut.text()))
        .toString();
  }
}
