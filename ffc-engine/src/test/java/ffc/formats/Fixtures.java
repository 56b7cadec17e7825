package ffc.formats;

import java.nio.file.Path;

/** Files written by PyTorch, NumPy and safetensors: {@code bench/make_weight_fixtures.py}. */
final class Fixtures {
  private Fixtures() {}

  static Path file(String name) {
    return Path.of("src/test/resources/weights", name);
  }

  /** i / 8 − 1, the values of most arrays. */
  static float ramp(int i) {
    return i / 8f - 1;
  }

  static float[] ramp() {
    float[] ramp = new float[24];
    for (int i = 0; i < 24; i++) {
      ramp[i] = ramp(i);
    }
    return ramp;
  }
}
