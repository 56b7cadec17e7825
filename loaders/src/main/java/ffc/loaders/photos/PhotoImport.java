package ffc.loaders.photos;

import com.google.common.io.Closer;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.photos.walk.PhotoSource;
import ffc.loaders.photos.walk.Reason;
import ffc.loaders.sample.HeldOut;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Makes a pack of one size from a folder tree of photographs, or an archive of one: {@code
 * train.rec} with {@code .idx}, {@code .property} and {@code .labels.tsv}, if wanted {@code
 * open.rec} with the identities that are held out, and beside them what was left out ({@code
 * left-out.tsv}) and what is there twice ({@code duplicates.tsv}). Files are decoded on several
 * threads and written in the order of the tree, so that the pack depends on neither. One that was
 * stopped or killed goes on with the files that its {@link ImportJournal} does not know, to the
 * same bytes.
 */
public final class PhotoImport {
  /** Files that are decoded ahead, for each thread. */
  private static final int AHEAD = 16;

  /**
   * What to import, and how.
   *
   * @param source folder tree, or an archive of one
   * @param out folder to fill, made if needed
   * @param shape of all pictures
   * @param fit how they get it, unless they are aligned
   * @param landmarks list of five points a picture to align it by, or null
   * @param open identities that go to a pack of their own, or 0
   * @param seed which ones
   * @param workers decoding threads
   */
  public record Options(
      Path source,
      Path out,
      ImageShape shape,
      Fit fit,
      Path landmarks,
      long open,
      long seed,
      int workers) {
    /** Pixels of a side at least. */
    public static final int LEAST = 8;

    /** Pixels of a side at most. */
    public static final int MOST = 4096;

    public Options {
      int height = shape.height();
      int width = shape.width();
      if (Math.min(height, width) < LEAST || Math.max(height, width) > MOST) {
        throw new IllegalArgumentException(
            "size: got %dx%d (height x width), wanted %d to %d each"
                .formatted(height, width, LEAST, MOST));
      }
      if (workers < 1 || workers > 1024) {
        throw new IllegalArgumentException("workers: got " + workers + ", wanted 1 to 1024");
      }
    }

    int height() {
      return shape.height();
    }

    int width() {
      return shape.width();
    }

    int channels() {
      return shape.channels();
    }

    /** The pack to train on. */
    public Path train() {
      return out.resolve("train.rec");
    }

    /** What an import that was stopped leaves, and goes on from. */
    public Path journal() {
      return ImportJournal.in(out);
    }

    /** The pack of identities that are held out. */
    public Path openSet() {
      return out.resolve("open.rec");
    }
  }

  /**
   * What an import made.
   *
   * @param images identities of {@code train.rec} by number of images
   * @param open of {@code open.rec}; empty if none are held out
   * @param leftOut files and folders by the kind of reason
   * @param sizes pictures taken by the size that they had
   * @param text lines that say it all
   */
  public record Result(
      TreeMap<Long, Long> images,
      TreeMap<Long, Long> open,
      Map<String, Long> leftOut,
      OriginalSizes sizes,
      String text) {}

  /**
   * A file whose turn to be written comes, in the pack that it goes to.
   *
   * @param news what the journal has to learn of it, or null
   */
  private record Pending(
      String identity,
      String path,
      ImportedPack pack,
      Future<Imported> picture,
      ImportJournal.Key news) {}

  /** Files and identities of a source. */
  private record Counts(long files, long identities) {}

  private final Options options;
  private final Progress progress;
  private final long total;
  private final ExecutorService workers;
  private final Imported.Memory memory = Imported.Memory.ofHeap();
  private final ArrayDeque<Pending> pending = new ArrayDeque<>();
  private final Closer files = Closer.create();
  private final BitSet held;
  private final Landmarks landmarks;
  private final ImportJournal journal;
  private final OriginalSizes sizes;
  private final ImportedPack train;
  private final ImportedPack open;
  private final LeftOut leftOut;
  private final Duplicates duplicates;
  private String identity;
  private ImportedPack current;
  private long done;

  private PhotoImport(
      Options options,
      Landmarks landmarks,
      ImportJournal journal,
      Counts counts,
      BitSet held,
      Progress progress)
      throws IOException {
    this.options = options;
    this.landmarks = landmarks;
    this.journal = journal;
    this.sizes = new OriginalSizes(options.height(), options.width());
    this.held = held;
    this.progress = progress;
    this.total = counts.files();
    this.workers = Executors.newFixedThreadPool(options.workers());
    files.register(workers::shutdownNow);
    try {
      Path out = options.out();
      long apart = held.cardinality();
      train = files.register(new ImportedPack(options.train(), counts.identities() - apart));
      open = held.isEmpty() ? null : files.register(new ImportedPack(options.openSet(), apart));
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
   *     read; if the landmarks have a line that is none
   * @throws IllegalArgumentException if the source is no folder, a pack exists already, or too many
   *     identities are to be held out
   */
  public static Result run(Options options, Progress progress) {
    Path out = options.out();
    try {
      check(options);
      Landmarks landmarks =
          options.landmarks() == null ? null : Landmarks.read(options.landmarks());
      try (MadeFolders made = new MadeFolders(out);
          ImportJournal journal = ImportJournal.open(out, what(options))) {
        try (PhotoSource source = PhotoSource.open(options.source(), out)) {
          return run(options, landmarks, journal, source, progress);
        } catch (IllegalArgumentException e) {
          journal.delete(); // refused: nothing of it is of use
          throw e;
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be filled: " + e.getMessage(), e);
    }
  }

  /** All that the pictures of an import hang on. */
  private static String what(Options options) throws IOException {
    return "%s at %dx%d, %s, %d channels, --open %d --seed %d, JPEG by %s"
        .formatted(
            stamped(options.source()),
            options.height(),
            options.width(),
            options.landmarks() == null
                ? "--fit " + options.fit()
                : "--landmarks " + stamped(options.landmarks()),
            options.channels(),
            options.open(),
            options.seed(),
            ImageDecoder.jpegDecoder());
  }

  private static String stamped(Path path) throws IOException {
    Path whole = path.toAbsolutePath().normalize();
    return Files.isDirectory(path)
        ? whole.toString()
        : "%s of %,d bytes and %s"
            .formatted(whole, Files.size(path), Files.getLastModifiedTime(path));
  }

  private static Result run(
      Options options,
      Landmarks landmarks,
      ImportJournal journal,
      PhotoSource source,
      Progress progress)
      throws IOException {
    Counts counts = count(source, progress);
    if (counts.files() == 0) {
      throw new BadDataException(
          options.source()
              + ": no file in any folder below it, wanted one folder for each identity with its"
              + " pictures");
    }
    BitSet held =
        options.open() == 0
            ? new BitSet()
            : HeldOut.choose(
                options.source().toString(),
                counts.identities(),
                options.open(),
                id -> true,
                options.seed());
    PhotoImport run = new PhotoImport(options, landmarks, journal, counts, held, progress);
    try (Closer files = run.files) {
      return run.write(source);
    }
  }

  private static void check(Options options) throws IOException {
    Path source = options.source();
    Path out = options.out();
    PhotoSource.check(source);
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException(out + ": is a file, wanted a folder to fill");
    }
    if (out.toAbsolutePath().normalize().startsWith(source.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          out + ": lies inside of " + source + ", whose pictures are read; choose another folder");
    }
    for (Path pack : List.of(options.train(), options.openSet())) {
      if (Files.exists(pack) && !Files.exists(ImportJournal.in(out))) {
        throw new IllegalArgumentException(
            pack + ": exists already; remove it or choose another folder");
      }
    }
  }

  private static Counts count(PhotoSource tree, Progress progress) throws IOException {
    long[] counted = {0, 0};
    tree.walk(
        new PhotoSource.Visitor() {
          private String last = "";

          @Override
          public void file(String of, String path, PhotoSource.Bytes bytes) {
            counted[1] += of.equals(last) ? 0 : 1;
            last = of;
            progress.report("counting files", ++counted[0], -1);
          }

          @Override
          public void leftOut(String path, Reason kind, String reason) {}
        });
    return new Counts(counted[0], counted[1]);
  }

  private Result write(PhotoSource tree) throws IOException {
    tree.walk(
        new PhotoSource.Visitor() {
          private int identities;
          private String last = "";

          @Override
          public void file(String of, String path, PhotoSource.Bytes bytes) throws IOException {
            identities += of.equals(last) ? 0 : 1;
            last = of;
            float[] points = landmarks == null ? null : landmarks.of(path);
            ImportJournal.Key key = ImportJournal.Key.of(path, bytes);
            Imported known = journal.next(key);
            // What could not be read may be readable now, with more memory say.
            boolean again = known == null || known.kind() == Reason.UNREADABLE;
            add(
                new Pending(
                    of,
                    path,
                    held.get(identities - 1) ? open : train,
                    again
                        ? workers.submit(() -> Imported.of(bytes, points, options, memory))
                        : CompletableFuture.completedFuture(known),
                    known == null ? key : null));
          }

          @Override
          public void leftOut(String path, Reason kind, String reason) throws IOException {
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
    refuseEmpty(train, "files");
    leftOut.commit();
    duplicates.commit();
    if (open != null) {
      refuseEmpty(open, "files, those of identities to hold out,");
      open.commit(options.height(), options.width());
    }
    train.commit(options.height(), options.width());
    journal.delete();
    TreeMap<Long, Long> apart = open == null ? new TreeMap<>() : open.images();
    return new Result(
        train.images(),
        apart,
        leftOut.counts(),
        sizes,
        new ImportText(options, train.images(), apart)
            .lines(landmarks, journal.taken(), sizes, duplicates, leftOut));
  }

  private void refuseEmpty(ImportedPack pack, String files) {
    if (pack.images().isEmpty()) {
      throw new BadDataException(
          "%s: none of %,d %s is a picture that can be taken: %s"
              .formatted(
                  options.source(),
                  total,
                  files,
                  leftOut.text().strip().replaceAll("\\s*\n\\s*", "; ")));
    }
  }

  private static Pending done(String of, String path, Reason kind, String reason) {
    return new Pending(
        of, path, null, CompletableFuture.completedFuture(Imported.leftOut(kind, reason)), null);
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
    if (next.news() != null) {
      journal.add(next.news(), picture);
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
      current = next.pack();
      current.identity();
      duplicates.identity(identity);
    }
    String same = duplicates.add(next.path(), picture);
    if (same != null) {
      leftOut.add(next.path(), Reason.COPY, same);
      return;
    }
    current.picture(picture.encoded());
    sizes.add(picture.height(), picture.width());
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
      leftOut.add(name, Reason.EMPTY, "none of its files is a picture that can be read");
      return;
    }
    current.end(name);
  }
}
