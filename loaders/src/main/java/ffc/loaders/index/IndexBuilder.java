package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.MadeFolders;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormats;
import ffc.loaders.remote.RemoteException;
import ffc.loaders.remote.RemotePath;
import ffc.loaders.source.SyntheticSpec;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.IdentityCounter;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Builds an index out of core: the source is walked once into sorted runs on disk, the runs are
 * merged. Everything happens in {@code OUT.partial}, which a build that was killed leaves behind
 * and the next one continues; {@code OUT} appears whole at the end. Sources are not changed.
 */
public final class IndexBuilder {
  /** Rows sorted in memory at a time by default: 96 MiB of heap. */
  public static final int ROWS_PER_RUN = 1 << 22;

  private static final String LOCK = "lock";

  private IndexBuilder() {}

  /**
   * Builds the index of a source, continuing an unfinished build of the same source.
   *
   * @param out folder to make; it must not exist
   * @param rowsPerRun rows sorted in memory at a time, 24 bytes each
   * @return lines on what the source holds and the walk left out
   * @throws BadDataException if the source is corrupt or inconsistent, or {@code out} exists
   */
  public static List<String> build(
      DataConfig.Source from, Path out, int rowsPerRun, Progress progress) {
    checkFree(out);
    Path folder = partial(out);
    try (Source source = DataFormats.source(from);
        MadeFolders made = new MadeFolders(folder)) {
      try (FileChannel channel = lock(folder)) {
        build(source, from, folder, out, rowsPerRun, progress);
        IndexWriter.publish(folder, out);
        clearTraces(out);
        return source.notes();
      } catch (BadDataException e) {
        if (made.isNew()) { // what an earlier build has done may yet be of use
          clear(folder);
          Files.deleteIfExists(folder.resolve(LOCK));
        }
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void build(
      Source source,
      DataConfig.Source from,
      Path folder,
      Path out,
      int rowsPerRun,
      Progress progress)
      throws IOException {
    // A walk may only go on over lists that nobody has touched.
    String times = IndexHeader.Catalogue.times(source);
    Fingerprint id = new Fingerprint().add(source.stamp()).add(times);
    try (Journal journal =
        journalOf(folder, from.format() + "-" + from.labels() + "-" + id.hex())) {
      if (!journal.ended) {
        walk(source, journal, folder, rowsPerRun, progress);
      }
      if (!journal.merged) {
        merge(source, from, journal, folder, out, progress);
        if (!times.equals(IndexHeader.Catalogue.times(source))) {
          throw new BadDataException(
              source.name() + ": changed while it was indexed; build the index again");
        }
        journal.merged();
      }
      // Before the index is in its place: there nobody would look for what a kill leaves.
      for (Journal.Run run : journal.runs) {
        Files.deleteIfExists(RunWriter.file(folder, run.number()));
      }
    }
  }

  private static Journal journalOf(Path folder, String id) throws IOException {
    Journal journal = new Journal(folder);
    if (!journal.source.isEmpty() && !journal.source.equals(id)) {
      journal.close();
      clear(folder); // left by another source
      journal = new Journal(folder);
    }
    try {
      if (journal.source.isEmpty()) {
        journal.source(id);
      }
      return journal;
    } catch (Throwable e) {
      journal.close();
      throw e;
    }
  }

  private static void walk(
      Source source, Journal journal, Path folder, int rowsPerRun, Progress progress)
      throws IOException {
    int done = journal.runs.size();
    Source.Position from = done == 0 ? Source.Position.START : journal.runs.get(done - 1).after();
    try (RunWriter runs = new RunWriter(folder, journal, rowsPerRun, source.work(), progress)) {
      source.scan(from, runs);
    } catch (RemoteException e) {
      throw e; // of the source
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void merge(
      Source source,
      DataConfig.Source from,
      Journal journal,
      Path folder,
      Path out,
      Progress progress)
      throws IOException {
    RunMerge merge = new RunMerge(folder, journal.runs);
    Path names = folder.resolve(IndexWriter.NAMES);
    if (Files.exists(names) && Files.size(names) == 0) {
      Files.delete(names);
    }
    List<IndexHeader.Part> parts = new ArrayList<>();
    Path home = out.toAbsolutePath().normalize();
    for (int part = 0; part < source.parts().size(); part++) {
      Path path = source.parts().get(part).toAbsolutePath().normalize();
      String relative =
          RemotePath.isRemote(path) ? path.toString() : home.relativize(path).toString();
      if ((relative + path).matches("(?s).*[\t\n\r].*")) {
        throw new BadDataException("path \"" + path + "\" holds a tab or a line end");
      }
      parts.add(
          new IndexHeader.Part(journal.bases.getOrDefault(part, 0L), relative, path.toString()));
    }
    try (IndexWriter writer = new IndexWriter(folder, true, source.compact(), source.stamp())) {
      merge.into(writer, new IdentityCounter(source.name(), journal.labels), progress);
      writer.finish(from.format(), "-", parts, IndexHeader.Catalogue.of(source));
    }
    progress.report("merging", merge.rows(), merge.rows());
  }

  /** Writes the index of a synthetic set: no image is stored. */
  public static void synthesize(SyntheticSpec spec, Path out, Progress progress) {
    checkFree(out);
    Path folder = partial(out);
    try (MadeFolders made = new MadeFolders(folder)) {
      try (FileChannel channel = lock(folder);
          IndexWriter writer = new IndexWriter(folder, false, false, "-")) {
        SyntheticSpec.Counts counts = spec.counts();
        for (long id = 0; id < spec.identities(); id++) {
          writer.identity(id, 0);
          for (int i = counts.of(id); i > 0; i--) {
            writer.image(0);
          }
          if (id % 1_000_000 == 0) {
            progress.report("laying out identities", id, spec.identities());
          }
        }
        writer.finish("synthetic", spec.description(), List.of(), IndexHeader.Catalogue.UNKNOWN);
        IndexWriter.publish(folder, out);
        clearTraces(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(out + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static Path partial(Path out) {
    return out.resolveSibling(out.getFileName() + ".partial");
  }

  /** Removes what only a build needs from an index in its place. */
  private static void clearTraces(Path out) throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches(Journal.FILE + "|" + LOCK + "|run-[0-9]{5,}")) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static void checkFree(Path out) {
    if (Files.exists(out)) {
      try {
        if (Files.exists(out.resolve(IndexHeader.FILE))) {
          clearTraces(out); // left by a build that was killed when it was done
        }
      } catch (IOException e) {
        // It is not ours to mend: what follows says that the folder is taken.
      }
      throw new BadDataException(out + ": exists already; remove it or choose another folder");
    }
  }

  private static FileChannel lock(Path folder) throws IOException {
    FileChannel channel =
        FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this very process: the same answer.
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
    channel.close();
    throw new BadDataException(folder + ": another process is building this index");
  }

  private static void clear(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().equals(LOCK)) {
          Files.delete(file);
        }
      }
    }
  }
}
