package ffc.loaders.tools;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Code points that make good identities: CJK unified ideographs and the 2,350 Hangul syllables of
 * KS X 1001. Compatibility ideographs and look-alikes between Latin, Greek and Cyrillic, which are
 * one shape under several code points, are left out, and so are the other Hangul syllables, which
 * many fonts draw wrongly.
 */
final class GlyphBlocks {
  /** A code point and the block it belongs to. */
  record CodePoint(int value, String block) {}

  private GlyphBlocks() {}

  /** All code points, ascending. */
  static List<CodePoint> all() {
    List<CodePoint> points = new ArrayList<>();
    range(points, 0x3400, 0x4dbf, "extA");
    range(points, 0x4e00, 0x9fff, "uro");
    hangul(points);
    range(points, 0x20000, 0x2a6df, "extB");
    range(points, 0x2a700, 0x2ebef, "extC-F");
    range(points, 0x30000, 0x3134a, "extG");
    range(points, 0x31350, 0x323af, "extH");
    return points;
  }

  private static void range(List<CodePoint> points, int first, int last, String block) {
    for (int value = first; value <= last; value++) {
      points.add(new CodePoint(value, block));
    }
  }

  /** Rows 16 to 40 of KS X 1001 hold its syllables, in the order of Unicode. */
  private static void hangul(List<CodePoint> points) {
    Charset ksx1001 =
        Charset.isSupported("EUC-KR") ? Charset.forName("EUC-KR") : StandardCharsets.US_ASCII;
    for (int row = 0xb0; row <= 0xc8; row++) {
      for (int cell = 0xa1; cell <= 0xfe; cell++) {
        String text = new String(new byte[] {(byte) row, (byte) cell}, ksx1001);
        int value = text.codePointAt(0);
        if (value >= 0xac00 && value <= 0xd7a3) {
          points.add(new CodePoint(value, "hangul"));
        }
      }
    }
  }
}
