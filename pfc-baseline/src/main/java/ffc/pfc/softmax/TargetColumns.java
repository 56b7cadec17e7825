package ffc.pfc.softmax;

import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.SampledClasses;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** In which columns, and blocks of columns, the own classes of samples are. */
final class TargetColumns {
  private final SampledClasses sampled;

  /** Column of each sample's class; -1 = another shard has it. */
  private final int[] columns;

  /**
   * @param ids class of each sample, or the centre of its class that it is closest to
   * @throws IllegalStateException if a class of this shard was not drawn
   */
  TargetColumns(long[] ids, ClassCenters centers, SampledClasses sampled) {
    this.sampled = sampled;
    this.columns = LongStream.of(ids).mapToInt(id -> column(id, centers, sampled)).toArray();
  }

  private static int column(long id, ClassCenters centers, SampledClasses sampled) {
    int column = sampled.column(id);
    if (column < 0 && centers.range().contains(id)) {
      throw new IllegalStateException("class " + id + " has samples, but was not drawn");
    }
    return Math.max(-1, column);
  }

  /** How many samples there are. */
  int samples() {
    return columns.length;
  }

  /** Whether all their classes are in this shard. */
  boolean allHere() {
    return IntStream.of(columns).allMatch(c -> c >= 0);
  }

  /** 1 for each sample whose class is in this shard, else 0. */
  float[] here() {
    float[] here = new float[columns.length];
    for (int i = 0; i < here.length; i++) {
      here[i] = columns[i] < 0 ? 0 : 1;
    }
    return here;
  }

  /** The samples' classes that are in this shard, each once. */
  SampledClasses distinct() {
    return SampledClasses.of(
        IntStream.of(columns)
            .filter(c -> c >= 0)
            .sorted()
            .distinct()
            .mapToLong(sampled::at)
            .toArray());
  }

  /** Place of each sample's class among some; 0 where another shard has it. */
  long[] among(SampledClasses some) {
    return IntStream.of(columns).mapToLong(c -> c < 0 ? 0 : some.column(sampled.at(c))).toArray();
  }

  /** Blocks of all columns. */
  int blocks() {
    return (sampled.count() + sampled.block() - 1) / sampled.block();
  }

  /** Columns of a block. */
  int rows(int block) {
    return Math.min(sampled.block(), sampled.count() - block * sampled.block());
  }

  /** The samples whose class lies in a block. */
  int[] samples(int block) {
    return IntStream.range(0, columns.length)
        .filter(i -> columns[i] >= 0 && columns[i] / sampled.block() == block)
        .toArray();
  }

  /** Where their targets are in the block's [m, B] values, row by row. */
  long[] places(int block) {
    int from = block * sampled.block();
    return IntStream.of(samples(block))
        .mapToLong(i -> (long) (columns[i] - from) * columns.length + i)
        .toArray();
  }

  /** As {@link #places}, of all centres of their classes. */
  long[] ownPlaces(int block) {
    int k = sampled.perClass();
    int from = block * sampled.block();
    return IntStream.of(samples(block))
        .boxed()
        .flatMapToLong(
            i ->
                IntStream.range(0, k)
                    .mapToLong(j -> (long) (columns[i] / k * k + j - from) * columns.length + i))
        .toArray();
  }
}
