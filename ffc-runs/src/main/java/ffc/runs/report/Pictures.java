package ffc.runs.report;

/** Gives the images of an experiment to reports. */
@FunctionalInterface
public interface Pictures {
  /**
   * An image as PNG.
   *
   * @param set name of the set, as results name it
   * @param image number of the image in the set
   * @return the file's bytes, or null if the image cannot be shown
   */
  byte[] png(String set, long image);

  /** Training images as they are and augmented ({@link AugmentationSheet}), or null. */
  default byte[] augmented() {
    return null;
  }
}
