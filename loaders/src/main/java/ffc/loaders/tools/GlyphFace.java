package ffc.loaders.tools;

import it.unimi.dsi.fastutil.ints.Int2IntOpenHashMap;
import java.awt.Font;
import java.awt.FontFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One font face, and what it draws where it has no glyph. {@code Font.canDisplay} is not to be
 * trusted: fonts map code points without a drawing to blanks, to one shared glyph, or to boxes that
 * are glyphs of their own. A glyph that serves several code points, or a picture that turns up
 * again and again in a sample of the face, is a placeholder.
 */
final class GlyphFace {
  private static final int SHARED = 4;
  private static final int SAMPLE = 300;
  private static final int REPEATED = 3;
  private static final Pattern FONT_FILE = Pattern.compile(".*\\.(ttf|ttc|otf|otc)");

  private final Path file;
  private final Font font;
  private final int[] glyphs;
  private final Set<ByteBuffer> placeholders = new HashSet<>();

  private GlyphFace(Path file, Font font, int[] glyphs) {
    this.file = file;
    this.font = font;
    this.glyphs = glyphs;
  }

  /** Font files below folders, each real file once, sorted. */
  static List<Path> files(List<Path> folders) {
    Set<Path> files = new TreeSet<>();
    for (Path folder : folders) {
      try (Stream<Path> tree = Files.walk(folder, java.nio.file.FileVisitOption.FOLLOW_LINKS)) {
        for (Path path : (Iterable<Path>) tree::iterator) {
          String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
          if (FONT_FILE.matcher(name).matches()) {
            files.add(path.toRealPath());
          }
        }
      } catch (IOException | UncheckedIOException e) {
        throw new IllegalArgumentException(
            folder + ": fonts cannot be listed: " + e.getMessage(), e);
      }
    }
    return new ArrayList<>(files);
  }

  /** The faces of a file that have any of the code points; none if it is damaged. */
  static List<GlyphFace> open(Path file, List<GlyphBlocks.CodePoint> points, int size) {
    Font[] fonts;
    try {
      fonts = Font.createFonts(file.toFile());
    } catch (FontFormatException | IOException | RuntimeException e) {
      return List.of();
    }
    List<GlyphFace> faces = new ArrayList<>();
    for (Font font : fonts) {
      GlyphFace face = new GlyphFace(file, font.deriveFont((float) size), new int[points.size()]);
      if (face.findGlyphs(points)) {
        face.findPlaceholders(size);
        faces.add(face);
      }
    }
    return faces;
  }

  /** Finds the glyph of each code point, -1 where there is none or a shared one. */
  private boolean findGlyphs(List<GlyphBlocks.CodePoint> points) {
    int missing = font.getMissingGlyphCode();
    Int2IntOpenHashMap uses = new Int2IntOpenHashMap();
    for (int i = 0; i < glyphs.length; i++) {
      int point = points.get(i).value();
      glyphs[i] = font.canDisplay(point) ? GlyphRaster.glyphOf(font, point) : -1;
      if (glyphs[i] == missing) {
        glyphs[i] = -1;
      }
      if (glyphs[i] >= 0) {
        uses.addTo(glyphs[i], 1);
      }
    }
    boolean any = false;
    for (int i = 0; i < glyphs.length; i++) {
      if (glyphs[i] >= 0 && uses.get(glyphs[i]) >= SHARED) {
        glyphs[i] = -1;
      }
      any |= glyphs[i] >= 0;
    }
    return any;
  }

  private void findPlaceholders(int size) {
    GlyphRaster raster = GlyphRaster.ofThread(size);
    byte[] missing = raster.draw(font, font.getMissingGlyphCode());
    if (missing != null) {
      placeholders.add(ByteBuffer.wrap(missing));
    }
    int[] own = java.util.Arrays.stream(glyphs).filter(g -> g >= 0).toArray();
    Map<ByteBuffer, Integer> seen = new HashMap<>();
    for (int i = 0; i < Math.min(SAMPLE, own.length); i++) {
      byte[] drawn = raster.draw(font, own[(int) ((long) i * own.length / SAMPLE) % own.length]);
      if (own.length >= SAMPLE && drawn != null) {
        int count = seen.merge(ByteBuffer.wrap(drawn), 1, Integer::sum);
        if (count >= REPEATED) {
          placeholders.add(ByteBuffer.wrap(drawn));
        }
      }
    }
  }

  /** The picture of a code point by its place in the list, or null if the face has none. */
  byte[] draw(int point, int size) {
    if (glyphs[point] < 0) {
      return null;
    }
    byte[] drawn = GlyphRaster.ofThread(size).draw(font, glyphs[point]);
    return drawn == null || placeholders.contains(ByteBuffer.wrap(drawn)) ? null : drawn;
  }

  String name() {
    return font.getFontName(Locale.ROOT);
  }

  Path file() {
    return file;
  }
}
