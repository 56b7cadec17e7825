package ffc.loaders.tools;

import java.util.ArrayList;
import java.util.List;

/**
 * The different designs of one character: a picture whose blurred cosine with an earlier one
 * exceeds {@value #SAME} is taken for another weight or a clone of that design and left out.
 */
final class GlyphDesigns {
  static final double SAME = 0.97;

  private final int size;
  private final List<byte[]> kept = new ArrayList<>();
  private final List<float[]> blurred = new ArrayList<>();

  GlyphDesigns(int size) {
    this.size = size;
  }

  /** Adds a picture of gray levels 0..15 unless it is a known design; true if it was added. */
  boolean add(byte[] levels) {
    float[] soft = blur(levels);
    for (float[] other : blurred) {
      float cosine = 0;
      for (int i = 0; i < soft.length; i++) {
        cosine += soft[i] * other[i];
      }
      if (cosine > SAME) {
        return false;
      }
    }
    kept.add(levels);
    blurred.add(soft);
    return true;
  }

  List<byte[]> kept() {
    return kept;
  }

  /** Two passes of a 3x3 mean, of unit norm. */
  private float[] blur(byte[] levels) {
    float[] now = new float[levels.length];
    for (int i = 0; i < now.length; i++) {
      now[i] = levels[i];
    }
    for (int pass = 0; pass < 2; pass++) {
      float[] next = new float[now.length];
      for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
          float sum = 0;
          for (int v = Math.max(0, y - 1); v <= Math.min(size - 1, y + 1); v++) {
            for (int u = Math.max(0, x - 1); u <= Math.min(size - 1, x + 1); u++) {
              sum += now[v * size + u];
            }
          }
          next[y * size + x] = sum / 9;
        }
      }
      now = next;
    }
    double norm = 0;
    for (float value : now) {
      norm += value * value;
    }
    float scale = (float) (1 / Math.sqrt(Math.max(norm, 1e-12)));
    for (int i = 0; i < now.length; i++) {
      now[i] *= scale;
    }
    return now;
  }
}
