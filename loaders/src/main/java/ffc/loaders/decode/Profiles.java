package ffc.loaders.decode;

import ffc.loaders.image.Picture;
import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Arrays;

/** Takes pictures from the colour space of their ICC profile to sRGB. */
final class Profiles {
  /**
   * What the last profile of a thread became: pictures of one set often have the same, whose tables
   * need not be set up for each.
   *
   * @param toSrgb null if the profile is not applied
   */
  private record Conversion(byte[] profile, ColorConvertOp toSrgb) {}

  private static final ThreadLocal<Conversion> LAST = new ThreadLocal<>();

  private Profiles() {}

  /** The picture in sRGB; as it is if the profile is damaged or not one of RGB. */
  static Picture toSrgb(Picture picture, byte[] profile) {
    try {
      ColorConvertOp toSrgb = conversion(profile);
      if (toSrgb == null) {
        return picture;
      }
      WritableRaster from =
          Raster.createInterleavedRaster(
              new DataBufferByte(picture.pixels(), picture.pixels().length),
              picture.width(),
              picture.height(),
              3 * picture.width(),
              3,
              new int[] {0, 1, 2},
              null);
      WritableRaster to = from.createCompatibleWritableRaster();
      toSrgb.filter(from, to);
      byte[] pixels = ((DataBufferByte) to.getDataBuffer()).getData();
      return new Picture(pixels, picture.height(), picture.width());
    } catch (IllegalArgumentException | CMMException e) {
      return picture;
    }
  }

  private static ColorConvertOp conversion(byte[] profile) {
    Conversion last = LAST.get();
    if (last == null || !Arrays.equals(last.profile(), profile)) {
      ICC_Profile icc = ICC_Profile.getInstance(profile);
      boolean applied =
          icc.getNumComponents() == 3 && icc.getColorSpaceType() == ColorSpace.TYPE_RGB;
      last =
          new Conversion(
              profile,
              applied
                  ? new ColorConvertOp(
                      new ICC_Profile[] {icc, ICC_Profile.getInstance(ColorSpace.CS_sRGB)}, null)
                  : null);
      LAST.set(last);
    }
    return last.toSrgb();
  }
}
