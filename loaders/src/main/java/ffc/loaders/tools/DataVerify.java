package ffc.loaders.tools;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.format.Sweep;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    DataFormat format = DataFormats.of(source.format());
    Optional<Sweep> sweep = format.sweep(source);
    if (sweep.isPresent()) {
      try (Sweep records = sweep.get()) {
        return byRecord(records, source, shape, threads, progress, faults);
      }
    }
    faults.attempt(-1, () -> format.check(source));
    long[] records = {0};
    List<String> notes = new ArrayList<>();
    faults.attempt(
        -1,
        () -> {
          try (Dataset data = DataSets.inspect(source, line -> faults.add(-1, line))) {
            notes.addAll(data.notes());
            records[0] = data.images();
            if (data.storesImages()) {
              Parallel.forEach(
                  data.images(),
                  threads,
                  progress,
                  image ->
                      faults.attempt(
                          image,
                          () ->
                              DecodeCheck.check(
                                  data.encoded(image), shape, () -> data.describe(image))));
            }
          }
        });
    return new Report(records[0], faults.lines(), notes);
  }

  /** Record by record, so that a damaged one does not hide the others. */
  private static Report byRecord(
      Sweep sweep,
      DataConfig.Source source,
      ImageShape shape,
      int threads,
      Progress progress,
      FaultList faults) {
    AtomicLong records = new AtomicLong();
    try {
      sweep.forEachRecord(
          threads,
          progress,
          (image, place) -> DecodeCheck.check(image, shape, place),
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
