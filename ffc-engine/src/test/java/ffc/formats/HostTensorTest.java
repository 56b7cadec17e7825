package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class HostTensorTest {
  @Test
  void everyHalfIsItselfAndWhatLiesBetweenTwoGoesToTheNearer() {
    ByteBuffer bits = ByteBuffer.allocate(2 * 0x7c00).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 0x7c00; i++) {
      bits.putShort((short) i);
    }
    HostTensor halves = new HostTensor(ElementType.F16, new long[] {0x7c00}, bits.flip());
    float[] values = halves.toFloats();
    assertThat(HostTensor.of(values, values.length).toHalf()).isEqualTo(halves);
    for (int i = 0; i + 1 < values.length; i++) {
      float middle = (values[i] + values[i + 1]) / 2; // exact in f32
      assertThat(half(middle)).as("tie after %s", values[i]).isEqualTo(i + (i & 1));
      assertThat(half(Math.nextDown(middle))).as("below the tie after %s", values[i]).isEqualTo(i);
      assertThat(half(-Math.nextUp(middle))).isEqualTo((i + 1) | 0x8000);
    }
  }

  @Test
  void whatIsTooLargeForAHalfIsRefused() {
    assertThat(half(65519f)).isEqualTo(0x7bff);
    assertThat(half(Float.NEGATIVE_INFINITY)).isEqualTo(0xfc00);
    assertThat(half(Float.NaN)).isEqualTo(0x7e00);
    for (float value : new float[] {65520, -70000, 1e9f, 3e38f}) {
      assertThatThrownBy(() -> half(value))
          .hasMessage("got " + value + ", wanted at most 65504 for f16");
    }
  }

  private static int half(float value) {
    return HostTensor.of(new float[] {value}, 1).toHalf().data().getShort(0) & 0xffff;
  }
}
