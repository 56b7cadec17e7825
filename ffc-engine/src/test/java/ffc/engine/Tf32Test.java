package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class Tf32Test {
  @AfterEach
  void offAgain() {
    Tf32.allow(false);
  }

  @Test
  void isOffUntilSomeoneAllowsIt() {
    assertThat(Tf32.isAllowed()).isFalse();
  }

  @Test
  void isAllowedForAllButWhatGoesWithout() {
    if (!TensorEngine.load().bridged()) {
      System.out.println("Tf32Test: the natives are Maven's, which are for CPUs");
      abort("no bridge");
    }
    Tf32.allow(true);
    assertThat(Tf32.isAllowed()).isTrue();
    assertThat(Tf32.<Boolean>without(Tf32::isAllowed)).isFalse();
    assertThat(Tf32.isAllowed()).isTrue();
    Tf32.allow(false);
    assertThat(Tf32.<Boolean>without(Tf32::isAllowed)).isFalse();
    assertThat(Tf32.isAllowed()).isFalse();
  }

  @Test
  void withoutTheBridgeThereIsNothingToAllow() {
    if (TensorEngine.load().bridged()) {
      System.out.println("Tf32Test: the natives are of FFC_TORCH");
      abort("the bridge is there");
    }
    Tf32.allow(true);
    assertThat(Tf32.isAllowed()).isFalse();
    assertThat(Tf32.<Integer>without(() -> 3)).isEqualTo(3);
  }
}
