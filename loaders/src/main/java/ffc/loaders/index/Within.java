package ffc.loaders.index;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.LongArray;

/**
 * Numbers of an index, each compared with its range when it is read: sums that match do not make
 * them right.
 *
 * @param name of the file, for messages
 * @param length numbers that there must be
 * @param low smallest number allowed
 * @param high largest number allowed
 * @param ascending whether each must be above the one before it
 */
record Within(String name, LongArray numbers, long length, long low, long high, boolean ascending)
    implements LongArray {
  Within {
    if (numbers.length() != length) {
      throw new BadDataException(
          "%s: %d numbers, expected %d; build the index again"
              .formatted(name, numbers.length(), length));
    }
  }

  @Override
  public long get(long index) {
    if (index < 0 || index >= length) {
      throw new BadDataException(
          "%s: wanted number %d of %d; build the index again".formatted(name, index, length));
    }
    long number = numbers.get(index);
    long least = ascending && index > 0 ? numbers.get(index - 1) + 1 : low;
    if (number < least || number > high) {
      throw new BadDataException(
          "%s: number %d is %d, expected %d to %d; build the index again"
              .formatted(name, index, number, least, high));
    }
    return number;
  }
}
