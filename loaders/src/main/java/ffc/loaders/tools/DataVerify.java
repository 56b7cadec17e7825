package ffc.loaders.tools;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.index.DatasetIndex;
import ffc.loaders.source.RecordIoSource;
import ffc.loaders.source.Sources;
import ffc.loaders.table.RecordDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Reads and decodes every image of a set in parallel and names everything that is wrong. */
public final class DataVerify {
  private DataVerify() {}

  /**
   * What was found.
   *
   * @param records images read
   * @param faults all faults, each one line with its place; in the order of the images
   * @param notes lines on what the source holds and the set leaves out
   */
  public record Report(long records, List<String> faults, List<String> notes) {
    public boolean sound() {
      return faults.isEmpty();
    }
  }

  /**
   * Verifies a set. Faults do not end the work; only a source that cannot be opened at all does.
   *
   * @param shape wanted size, or null for any
   * @param threads decoding threads, at least 1
   */
  public static Report run(
      DataConfig.Source source, ImageShape shape, int threads, Progress progress) {
    FaultList faults = new FaultList();
    if (source.format() == DataConfig.Format.recordio) {
      try (RecordIoSource packs = (RecordIoSource) Sources.open(source)) {
        return verifyPacks(packs, source, shape, threads, progress, faults);
      }
    }
    if (source.format() == DataConfig.Format.index) {
      faults.attempt(-1, () -> DatasetIndex.verify(Path.of(source.text())));
    }
    long[] records = {0};
    List<String> notes = new ArrayList<>();
    faults.attempt(
        -1,
        () -> {
          try (Dataset data = DataSets.inspect(source, line -> faults.add(-1, line))) {
            notes.addAll(data.notes());
            records[0] = data.images();
            if (data instanceof RecordDataset encoded) {
              Parallel.forEach(
                  data.images(),
                  threads,
                  progress,
                  image ->
                      faults.attempt(
                          image,
                          () ->
                              Images.check(
                                  encoded.encoded(image), shape, () -> data.describe(image))));
            }
          }
        });
    return new Report(records[0], faults.lines(), notes);
  }

  /** Packs are walked by key, so that one damaged record does not hide the others. */
  private static Report verifyPacks(
      RecordIoSource packs,
      DataConfig.Source source,
      ImageShape shape,
      int threads,
      Progress progress,
      FaultList faults) {
    AtomicLong records = new AtomicLong();
    try {
      packs.forEachRecord(
          threads,
          progress,
          (image, place) -> Images.check(image, shape, place),
          records,
          (line, order) -> faults.add(order, line));
    } catch (BadDataException e) {
      faults.add(Long.MAX_VALUE, e.getMessage());
    }
    // Opening compares labels, identity ranges and counts; a damaged record is listed already.
    faults.attempt(Long.MAX_VALUE, () -> DataSets.open(source).close());
    return new Report(records.get(), faults.lines(), List.of());
  }
}
