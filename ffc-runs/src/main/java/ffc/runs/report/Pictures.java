package ffc.runs.report;

/** Gives the images of evaluation sets to reports. */
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
}
