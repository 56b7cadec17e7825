package ffc.loaders.photos;

import ffc.loaders.image.Picture;
import java.awt.color.CMMException;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.ColorConvertOp;
import java.awt.image.DataBuffer;
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
      WritableRaster from = interleaved(picture);
      WritableRaster to = from.createCompatibleWritableRaster();
      new ColorConvertOp(new ICC_Profile[] {icc, ICC_Profile.getInstance(ColorSpace.CS_sRGB)}, null)
          .filter(from, to);
      byte[] pixels = ((DataBufferByte) to.getDataBuffer()).getData();
      Picture out = new Picture(picture.height(), picture.width());
      int area = picture.height() * picture.width();
      for (int i = 0; i < area; i++) {
        for (int c = 0; c < 3; c++) {
          out.planes()[c * area + i] = pixels[3 * i + c];
        }
      }
      return out;
    } catch (IllegalArgumentException | CMMException e) {
      return picture;
    }
  }

  private static WritableRaster interleaved(Picture picture) {
    WritableRaster raster =
        Raster.createInterleavedRaster(
            DataBuffer.TYPE_BYTE, picture.width(), picture.height(), 3, null);
    byte[] pixels = ((DataBufferByte) raster.getDataBuffer()).getData();
    int area = picture.height() * picture.width();
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < 3; c++) {
        pixels[3 * i + c] = picture.planes()[c * area + i];
      }
    }
    return raster;
  }
}
