package ffc.core.net;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The images of {@code bench/reference_steps.py}: bytes by a linear congruence of the number. */
public final class ReferenceImages implements Dataset {
  private final int[] first;

  /**
   * @param counts images of each identity
   */
  public ReferenceImages(int[] counts) {
    first = new int[counts.length + 1];
    for (int i = 0; i < counts.length; i++) {
      first[i + 1] = first[i] + counts[i];
    }
  }

  @Override
  public String name() {
    return "reference images";
  }

  @Override
  public long identities() {
    return first.length - 1;
  }

  @Override
  public long images() {
    return first[first.length - 1];
  }

  @Override
  public long firstImage(long identity) {
    return first[(int) identity];
  }

  @Override
  public long identityOf(long image) {
    int at = Arrays.binarySearch(first, (int) image);
    return at >= 0 ? at : -at - 2;
  }

  @Override
  public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
    int state = ((int) image + 1) * (int) 2654435761L;
    for (int i = 0; i < shape.bytes(); i++) {
      state = state * 1664525 + 1013904223;
      out.put(offset + i, (byte) (state >>> 24));
    }
  }

  @Override
  public String describe(long image) {
    return "reference image " + image;
  }

  @Override
  public String fingerprint() {
    return "0000000000000000";
  }

  @Override
  public void close() {}
}
