package ffc.runs.init;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Resize;
import ffc.loaders.decode.Images;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * The size that a network takes images at, from the sizes that they have.
 *
 * @param height pixels
 * @param width pixels
 * @param resize how images get it; off if all have it
 * @param seen the sizes in words
 */
record InputSize(int height, int width, Resize resize, String seen) {
  /** Longest side of images that a small network is for. */
  static final int SMALL = 64;

  /** Shortest side that a network takes. */
  private static final int LEAST = 16;

  /** Side that the field's networks take; photographs are scaled down to it. */
  private static final int USUAL = 112;

  /**
   * Chooses: the images' own size if it is one that networks halve, else the side of the middle
   * image, of a single size both of its sides, down to the next that they do.
   *
   * @param source as it was typed
   * @param sizes images by height x width
   * @throws BadDataException if images are too small for any network, or too large to be scaled
   */
  static InputSize of(String source, Map<String, Long> sizes) {
    TreeMap<Integer, Long> shorter = new TreeMap<>();
    long images = 0;
    String largest = "";
    long most = 0;
    for (Map.Entry<String, Long> size : sizes.entrySet()) {
      int[] sides = sides(size.getKey());
      shorter.merge(Math.min(sides[0], sides[1]), size.getValue(), Long::sum);
      images += size.getValue();
      long pixels = (long) sides[0] * sides[1];
      if (pixels > most) {
        most = pixels;
        largest = size.getKey();
      }
    }
    boolean one = sizes.size() == 1;
    int[] wanted = one ? sides(largest) : new int[2];
    if (!one) {
      Arrays.fill(wanted, Math.min(USUAL, middle(shorter, images)));
    }
    int step = Math.max(wanted[0], wanted[1]) <= SMALL ? 8 : 16;
    int height = wanted[0] / step * step;
    int width = wanted[1] / step * step;
    if (Math.min(wanted[0], wanted[1]) < LEAST) {
      throw new BadDataException(
          "%s: images are %s (height x width), wanted sides from %d on: ./ffc data import PHOTOS --size %d --out pack enlarges them"
              .formatted(source, one ? largest : "mostly shorter", LEAST, LEAST));
    }
    if (one && height == wanted[0] && width == wanted[1]) {
      return new InputSize(height, width, Resize.off, largest);
    }
    if (most > Images.MOST_RESIZED) {
      throw new BadDataException(
          "%s: images are up to %s (height x width), too large to be scaled whenever they are read; ./ffc data import %s --size %d --out pack scales them once"
              .formatted(source, largest, source, Math.max(height, width)));
    }
    long smaller =
        shorter.headMap(Math.min(height, width)).values().stream().mapToLong(n -> n).sum();
    return new InputSize(
        height,
        width,
        Resize.crop,
        one
            ? largest + ", whose sides networks cannot halve as they are"
            : "%d sizes up to %s%s"
                .formatted(
                    sizes.size(),
                    largest,
                    smaller == 0
                        ? ""
                        : ", %d of %d looked at smaller than that and enlarged"
                            .formatted(smaller, images)));
  }

  private static int[] sides(String size) {
    String[] sides = size.split("x");
    return new int[] {Integer.parseInt(sides[0]), Integer.parseInt(sides[1])};
  }

  private static int middle(TreeMap<Integer, Long> counts, long all) {
    long below = 0;
    for (Map.Entry<Integer, Long> entry : counts.entrySet()) {
      below += entry.getValue();
      if (2 * below >= all) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException("no image");
  }
}
