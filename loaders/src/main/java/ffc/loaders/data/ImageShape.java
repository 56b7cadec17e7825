package ffc.loaders.data;

/**
 * Channels (1 gray or 3 RGB), height and width of decoded images.
 *
 * @param resize what happens to images that are stored in another height or width
 */
public record ImageShape(int channels, int height, int width, Resize resize) {
  /** Of images that are stored in that height and width. */
  public ImageShape(int channels, int height, int width) {
    this(channels, height, width, Resize.off);
  }

  public ImageShape {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException("channels must be 1 or 3, got " + channels);
    }
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException("image must be at least 1x1, got " + height + "x" + width);
    }
  }

  /** Bytes of one image as u8 [channels, height, width]. */
  public int bytes() {
    return channels * height * width;
  }

  /** The same shape, for images of other sizes too. */
  public ImageShape resized(Resize how) {
    return new ImageShape(channels, height, width, how);
  }
}
