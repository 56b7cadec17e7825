package ffc.pfc.classes;

import java.util.Arrays;

/**
 * The classes in the logits of one step: distinct, ascending. Column i of the logits is class i.
 */
public final class SampledClasses {
  private final long first;
  private final long[] classes;
  private final int count;

  private SampledClasses(long first, long[] classes, int count) {
    this.first = first;
    this.classes = classes;
    this.count = count;
  }

  /** All classes of a range; takes no memory. */
  public static SampledClasses all(long from, long to) {
    return new SampledClasses(from, null, Math.toIntExact(to - from));
  }

  /** The given classes, ascending and distinct; the array is not copied. */
  public static SampledClasses of(long[] ascending) {
    return new SampledClasses(0, ascending, ascending.length);
  }

  /** Number of columns. */
  public int count() {
    return count;
  }

  /** The class of a column. */
  public long at(int column) {
    return classes == null ? first + column : classes[column];
  }

  /** The column of a class; negative if it is not among them. */
  public int column(long cls) {
    if (classes == null) {
      long column = cls - first;
      return column >= 0 && column < count ? (int) column : -1;
    }
    return Arrays.binarySearch(classes, cls);
  }

  /** The first column whose class is not below the given one; {@link #count} if there is none. */
  int columnFrom(long cls) {
    int column = column(cls);
    if (classes == null) {
      return (int) Math.max(0, Math.min(count, cls - first));
    }
    return column >= 0 ? column : -column - 1;
  }
}
