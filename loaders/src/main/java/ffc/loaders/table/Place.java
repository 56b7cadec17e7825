package ffc.loaders.table;

/** Where an image lies: 15 bits of part (pack, folder, database), 48 bits of offset in it. */
public final class Place {
  private static final int SHIFT = 48;

  /** Largest number of parts. */
  public static final int MAX_PARTS = 1 << 15;

  private Place() {}

  public static long of(int part, long offset) {
    if (part < 0 || part >= MAX_PARTS || offset < 0 || offset >>> SHIFT != 0) {
      throw new IllegalArgumentException("part " + part + " offset " + offset + " is out of range");
    }
    return (long) part << SHIFT | offset;
  }

  /** The largest place in so many parts. */
  public static long last(int parts) {
    return ((long) parts << SHIFT) - 1;
  }

  public static int part(long place) {
    return (int) (place >>> SHIFT);
  }

  public static long offset(long place) {
    return place & ((1L << SHIFT) - 1);
  }
}
