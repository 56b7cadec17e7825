package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigAugmentBuilder;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final ImageShape SHAPE = new ImageShape(3, 5, 7);

  private static byte[] image() {
    byte[] image = new byte[SHAPE.bytes()];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i + 1);
    }
    return image;
  }

  private static byte[] naive(byte[] image, boolean flip, int down, int right) {
    byte[] out = new byte[image.length];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < 5; y++) {
        for (int x = 0; x < 7; x++) {
          int sy = y - down;
          int sx = x - right;
          if (sy >= 0 && sy < 5 && sx >= 0 && sx < 7) {
            out[(c * 5 + y) * 7 + x] = image[(c * 5 + sy) * 7 + (flip ? 6 - sx : sx)];
          }
        }
      }
    }
    return out;
  }

  @Test
  void drawsEveryFlipAndShiftAndNothingElse() {
    Set<String> want = new HashSet<>();
    for (int flip = 0; flip < 2; flip++) {
      for (int down = -2; down <= 2; down++) {
        for (int right = -2; right <= 2; right++) {
          want.add(java.util.Arrays.toString(naive(image(), flip == 1, down, right)));
        }
      }
    }
    Augmentation augmentation = new Augmentation(new DataConfig.Augment(true, 2), SHAPE);
    Random random = new Random(1);
    Set<String> got = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      long key = random.nextLong();
      ByteBuffer out = ByteBuffer.allocateDirect(4 + SHAPE.bytes()).put(4, image());
      ByteBuffer again = ByteBuffer.allocateDirect(4 + SHAPE.bytes()).put(4, image());
      augmentation.apply(key, out, 4);
      augmentation.apply(key, again, 4);
      assertThat(again).isEqualTo(out);
      byte[] bytes = new byte[SHAPE.bytes()];
      out.get(4, bytes);
      got.add(java.util.Arrays.toString(bytes));
    }
    assertThat(got).isEqualTo(want);
  }

  @Test
  void leavesImagesAloneWithoutSettings() {
    Augmentation augmentation = new Augmentation(DataConfigAugmentBuilder.builder().build(), SHAPE);
    ByteBuffer out = ByteBuffer.wrap(image());
    for (int key = 0; key < 100; key++) {
      augmentation.apply(key, out, 0);
    }
    assertThat(out.array()).isEqualTo(image());
  }

  @Test
  void bearsShiftsBeyondTheImage() {
    Augmentation augmentation = new Augmentation(new DataConfig.Augment(true, 20), SHAPE);
    for (int key = 0; key < 200; key++) {
      augmentation.apply(key, ByteBuffer.wrap(image()), 0);
    }
  }
}
