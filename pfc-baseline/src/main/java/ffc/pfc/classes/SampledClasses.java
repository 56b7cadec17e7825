package ffc.pfc.classes;

import java.util.Arrays;

/**
 * The classes in the logits of one step: distinct, ascending. Column i of the logits is class i.
 * Where classes have several centres each, the centres take the place of classes: those of class c
 * are k c to k c + k − 1, in columns side by side.
 */
public final class SampledClasses {
  private final long first;
  private final long[] classes;
  private final int count;
  private final int perClass;

  private SampledClasses(long first, long[] classes, int count) {
    this(first, classes, count, 1);
  }

  private SampledClasses(long first, long[] classes, int count, int perClass) {
    this.first = first;
    this.classes = classes;
    this.count = count;
    this.perClass = perClass;
  }

  /** All classes of a range; takes no memory. */
  public static SampledClasses all(long from, long to) {
    return new SampledClasses(from, null, Math.toIntExact(to - from));
  }

  /** The given classes, ascending and distinct; the array is not copied. */
  public static SampledClasses of(long[] ascending) {
    return new SampledClasses(0, ascending, ascending.length);
  }

  /** The centres of these classes, of which each has k. */
  public SampledClasses centers(int k) {
    if (k == 1) {
      return this;
    }
    int columns = Math.multiplyExact(count, k);
    if (classes == null) {
      return new SampledClasses(first * k, null, columns, k);
    }
    long[] centers = new long[columns];
    for (int i = 0; i < columns; i++) {
      centers[i] = classes[i / k] * k + i % k;
    }
    return new SampledClasses(0, centers, columns, k);
  }

  /** Centres of a class. */
  public int perClass() {
    return perClass;
  }

  /** Columns that are worked on together: whole classes. */
  public int block() {
    return ClassCenters.BLOCK / perClass * perClass;
  }

  /** Number of columns. */
  public int count() {
    return count;
  }

  /** Whether the columns are classes side by side. */
  boolean contiguous() {
    return classes == null;
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
