package ffc.loaders.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SamplerPositionTest {
  @Test
  void movesOnOverEpochEnds() {
    SamplerPosition walk = new SamplerPosition(10, 3, 9);
    walk.skip(1);
    assertThat(walk.epoch()).isEqualTo(4);
    assertThat(walk.position()).isZero();
    assertThat(walk.lastEpoch()).isEqualTo(3);
    assertThat(walk.lastPosition()).isEqualTo(9);
    walk.skip(25);
    assertThat(walk.epoch()).isEqualTo(6);
    assertThat(walk.position()).isEqualTo(5);
    assertThat(walk.lastEpoch()).isEqualTo(4);
    assertThat(walk.lastPosition()).isZero();
  }

  @Test
  void refusesPlacesThatTheSetDoesNotHave() {
    assertThatThrownBy(() -> new SamplerPosition(10, 3, 10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "cursor stands at position 10 of epoch 3, the data set has 10; it belongs to another"
                + " set");
    assertThatThrownBy(() -> new SamplerPosition(10, -1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SamplerPosition(10, 0, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(new SamplerPosition(10, 0, 0).position()).isZero();
  }
}
