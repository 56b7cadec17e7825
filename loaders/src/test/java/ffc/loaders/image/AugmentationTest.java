package ffc.loaders.image;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.AugmentConfigBuilder;
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
    Augmentation augmentation =
        new Augmentation(AugmentConfigBuilder.builder().flip(true).shift(2).build(), SHAPE);
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
    Augmentation augmentation = new Augmentation(AugmentConfigBuilder.builder().build(), SHAPE);
    ByteBuffer out = ByteBuffer.wrap(image());
    for (int key = 0; key < 100; key++) {
      augmentation.apply(key, out, 0);
    }
    assertThat(out.array()).isEqualTo(image());
  }

  @Test
  void bearsShiftsBeyondTheImage() {
    Augmentation augmentation =
        new Augmentation(AugmentConfigBuilder.builder().flip(true).shift(20).build(), SHAPE);
    for (int key = 0; key < 200; key++) {
      augmentation.apply(key, ByteBuffer.wrap(image()), 0);
    }
  }

  private static AugmentConfigBuilder all(double probability) {
    return AugmentConfigBuilder.builder()
        .flip(true)
        .shift(1)
        .crop(new AugmentConfig.Crop(probability, 0.3, null))
        .affine(new AugmentConfig.Affine(probability, null, null))
        .photometric(new AugmentConfig.Photometric(probability, null, null, null, 0.5))
        .blur(new AugmentConfig.Blur(probability, 2.0))
        .lowResolution(new AugmentConfig.LowResolution(probability, null))
        .erase(new AugmentConfig.Erase(probability, null));
  }

  private static byte[] augmented(AugmentConfig config, long key) {
    ByteBuffer out = ByteBuffer.allocateDirect(4 + SHAPE.bytes()).put(4, image());
    new Augmentation(config, SHAPE).apply(key, out, 4);
    byte[] bytes = new byte[SHAPE.bytes()];
    out.get(4, bytes);
    return bytes;
  }

  @Test
  void isAFunctionOfTheKeyWhateverWasAugmentedBefore() {
    Augmentation used = new Augmentation(all(0.5).build(), SHAPE);
    Set<String> different = new HashSet<>();
    for (long key = 0; key < 300; key++) {
      ByteBuffer out = ByteBuffer.wrap(image());
      used.apply(key, out, 0);
      assertThat(out.array()).as("key %d", key).isEqualTo(augmented(all(0.5).build(), key));
      different.add(java.util.Arrays.toString(out.array()));
    }
    assertThat(different).hasSizeGreaterThan(250);
  }

  @Test
  void everyPartHappensAsOftenAsIsSet() {
    for (int part = 0; part < 6; part++) {
      AugmentConfig all = all(0.3).build();
      AugmentConfig one =
          new AugmentConfig(
              false,
              0,
              part == 0 ? all.crop() : null,
              part == 1 ? all.affine() : null,
              part == 2 ? all.photometric() : null,
              part == 3 ? all.blur() : null,
              part == 4 ? all.lowResolution() : null,
              part == 5 ? all.erase() : null);
      int changed = 0;
      for (long key = 0; key < 4000; key++) {
        changed += java.util.Arrays.equals(augmented(one, key), image()) ? 0 : 1;
      }
      // The gentlest blurs and crops leave so small a picture as it is.
      assertThat(changed).as("part %d", part).isBetween(part == 3 ? 900 : 1080, 1320);
    }
  }

  @Test
  void onePartDoesNotChangeWhatAnotherDraws() {
    // Erasing comes last: what is not painted over is as without it.
    AugmentConfig with = all(0.5).build();
    AugmentConfig without = AugmentConfigBuilder.builder(with).erase(null).build();
    int painted = 0;
    for (long key = 0; key < 300; key++) {
      byte[] first = augmented(with, key);
      byte[] second = augmented(without, key);
      for (int i = 0; i < first.length; i++) {
        if (first[i] != second[i]) {
          assertThat(first[i]).isEqualTo((byte) 127);
          painted++;
        }
      }
    }
    assertThat(painted).isGreaterThan(1000);
  }

  @Test
  void cropsShowAPartOfThePictureAlone() {
    // A picture without black: a crop never shows what lies outside.
    AugmentConfig crop =
        AugmentConfigBuilder.builder().crop(new AugmentConfig.Crop(1.0, 0.01, 4.0)).build();
    for (long key = 0; key < 2000; key++) {
      for (byte value : augmented(crop, key)) {
        assertThat(value & 0xff).as("key %d", key).isBetween(1, 105);
      }
    }
  }

  @Test
  void bearsTheSmallestPictures() {
    ImageShape tiny = new ImageShape(1, 1, 1);
    AugmentConfig strongest =
        AugmentConfigBuilder.builder()
            .flip(true)
            .shift(3)
            .crop(new AugmentConfig.Crop(1.0, 0.01, 4.0))
            .affine(new AugmentConfig.Affine(1.0, 180.0, 0.9))
            .photometric(new AugmentConfig.Photometric(1.0, 1.0, 1.0, 1.0, 1.0))
            .blur(new AugmentConfig.Blur(1.0, 20.0))
            .lowResolution(new AugmentConfig.LowResolution(1.0, 0.02))
            .erase(new AugmentConfig.Erase(1.0, 1.0))
            .build();
    Augmentation augmentation = new Augmentation(strongest, tiny);
    for (long key = 0; key < 200; key++) {
      augmentation.apply(key, ByteBuffer.wrap(new byte[] {7}), 0);
    }
  }

  @Test
  void turnsAndScalesAboutTheMiddle() {
    AugmentConfig affine =
        AugmentConfigBuilder.builder().affine(new AugmentConfig.Affine(1.0, 180.0, 0.5)).build();
    int middle = 2 * 7 + 3;
    int corners = 0;
    for (long key = 0; key < 1000; key++) {
      byte[] got = augmented(affine, key);
      for (int channel = 0; channel < 3; channel++) {
        assertThat(got[channel * 35 + middle]).isEqualTo(image()[channel * 35 + middle]);
      }
      corners += got[0] == 0 ? 1 : 0;
    }
    assertThat(corners).isBetween(200, 900);
  }

  @Test
  void flipsAndShiftsWhatIsWarpedAsWhatIsNot() {
    AugmentConfig plain =
        AugmentConfigBuilder.builder()
            .crop(new AugmentConfig.Crop(1.0, 0.5, null))
            .affine(new AugmentConfig.Affine(1.0, 30.0, null))
            .build();
    AugmentConfig flipped = AugmentConfigBuilder.builder(plain).flip(true).build();
    AugmentConfig shifted = AugmentConfigBuilder.builder(plain).shift(1).build();
    Set<String> shifts = new HashSet<>();
    int mirrored = 0;
    for (long key = 0; key < 500; key++) {
      byte[] unmoved = augmented(plain, key);
      ByteBuffer ofMirror = ByteBuffer.wrap(naive(image(), true, 0, 0));
      new Augmentation(plain, SHAPE).apply(key, ofMirror, 0);
      byte[] got = augmented(flipped, key);
      boolean asItWas = shiftBetween(unmoved, got).equals("0 0");
      assertThat(asItWas || shiftBetween(ofMirror.array(), got).equals("0 0")).isTrue();
      mirrored += asItWas ? 0 : 1;
      shifts.add(shiftBetween(unmoved, augmented(shifted, key)));
    }
    assertThat(mirrored).isBetween(200, 300);
    assertThat(shifts).hasSize(9).doesNotContain("none");
  }

  /** The shift by up to a pixel after which two pictures agree where both have something. */
  private static String shiftBetween(byte[] before, byte[] after) {
    for (int shift : new int[] {4, 0, 1, 2, 3, 5, 6, 7, 8}) {
      int down = shift / 3 - 1;
      int right = shift % 3 - 1;
      boolean same = true;
      for (int y = Math.max(0, down); y < 5 + Math.min(0, down); y++) {
        for (int x = Math.max(0, right); x < 7 + Math.min(0, right); x++) {
          // By less than a level: a place is rounded once, wherever it is counted from.
          same &=
              Math.abs((after[y * 7 + x] & 0xff) - (before[(y - down) * 7 + x - right] & 0xff))
                  <= 1;
        }
      }
      if (same) {
        return down + " " + right;
      }
    }
    return "none";
  }
}
