package ffc.loaders.tools;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.font.FontRenderContext;
import java.awt.font.GlyphVector;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.util.Arrays;

/** Draws single glyphs, white on black, centred; confined to one thread. */
final class GlyphRaster {
  private static final FontRenderContext CONTEXT = new FontRenderContext(null, true, true);
  private static final ThreadLocal<GlyphRaster> OF_THREAD = new ThreadLocal<>();

  private final int size;
  private final BufferedImage image;
  private final byte[] pixels;
  private final Graphics2D graphics;

  private GlyphRaster(int size) {
    this.size = size;
    this.image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_GRAY);
    this.pixels = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    this.graphics = image.createGraphics();
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(java.awt.Color.WHITE);
  }

  static GlyphRaster ofThread(int size) {
    GlyphRaster raster = OF_THREAD.get();
    if (raster == null || raster.size != size) {
      raster = new GlyphRaster(size);
      OF_THREAD.set(raster);
    }
    return raster;
  }

  /** Number of the glyph that a face has for a code point, or the missing glyph's. */
  static int glyphOf(Font face, int codePoint) {
    return face.createGlyphVector(CONTEXT, Character.toChars(codePoint)).getGlyphCode(0);
  }

  /**
   * Draws a glyph.
   *
   * @param face at a size of one em = {@code size} pixels
   * @return gray levels 0..15, size·size bytes, or null if there is next to no ink
   */
  byte[] draw(Font face, int glyph) {
    GlyphVector vector = face.createGlyphVector(CONTEXT, new int[] {glyph});
    Shape outline = vector.getOutline();
    Rectangle2D bounds = outline.getBounds2D();
    double longest = Math.max(bounds.getWidth(), bounds.getHeight());
    if (bounds.isEmpty() || longest < size * 0.15) {
      return null;
    }
    Arrays.fill(pixels, (byte) 0);
    double scale = Math.min(0.9, 0.96 * size / longest);
    AffineTransform centred = AffineTransform.getTranslateInstance(size / 2.0, size / 2.0);
    centred.scale(scale, scale);
    centred.translate(-bounds.getCenterX(), -bounds.getCenterY());
    graphics.fill(centred.createTransformedShape(outline));
    byte[] levels = new byte[size * size];
    long ink = 0;
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (byte) (((pixels[i] & 0xff) * 15 + 127) / 255);
      ink += levels[i];
    }
    return ink * 50 < 15L * levels.length ? null : levels; // under 2 % of white
  }
}
