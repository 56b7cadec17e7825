package ffc.loaders.photos;

import ffc.loaders.image.Picture;
import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;

/** Takes pictures from the colour space of their ICC profile to sRGB. */
final class Profiles {
  private Profiles() {}

  /** The picture in sRGB; as it is if the profile is damaged or not one of RGB. */
  static Picture toSrgb(Picture picture, byte[] profile) {
    try {
      ICC_Profile icc = ICC_Profile.getInstance(profile);
      if (icc.getNumComponents() != 3 || icc.getColorSpaceType() != ColorSpace.TYPE_RGB) {
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
      new ColorConvertOp(new ICC_Profile[] {icc, ICC_Profile.getInstance(ColorSpace.CS_sRGB)}, null)
          .filter(from, to);
      byte[] pixels = ((DataBufferByte) to.getDataBuffer()).getData();
      return new Picture(pixels, picture.height(), picture.width());
    } catch (IllegalArgumentException | CMMException e) {
      return picture;
    }
  }
}
