package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** With the natives from Maven, or with the machine's ({@code natives/with mvn verify}). */
class TensorEngineTest {
  private static final String CHOSEN = System.getenv("PYTORCH_LIBRARY_PATH");

  @Test
  void saysWhichNativesAreInUseAndWhereFrom() throws Exception {
    TensorEngine engine = TensorEngine.load();

    assertThat(engine.version()).isEqualTo(System.getProperty("djl.version"));
    assertThat(Files.readString(Path.of("/proc/self/maps")))
        .contains(engine.folder() + "/libtorch_cpu.so");
    assertThat(engine.bridged()).isEqualTo(CHOSEN != null);
    if (CHOSEN == null) {
      assertThat(engine.natives()).isEqualTo(System.getProperty("pytorch.version"));
      assertThat(engine.folder().toString()).contains(engine.natives() + "-");
      assertThat(engine.describe())
          .endsWith("natives " + engine.natives() + " in " + engine.folder());
    } else {
      assertThat(engine.natives()).isEqualTo(System.getenv("PYTORCH_VERSION"));
      assertThat(engine.folder())
          .isEqualTo(Path.of(CHOSEN).resolve("libtorch.so").toRealPath().getParent());
      assertThat(engine.describe())
          .endsWith("natives " + engine.natives() + " (FFC_TORCH) in " + engine.folder());
    }
  }

  @Test
  void aMethodThatTheBridgeLacksIsNamed() {
    if (CHOSEN == null) {
      System.out.println("TensorEngineTest: the natives are Maven's, which lack nothing");
      abort("no bridge");
    }
    try (NDManager manager = Engine.getInstance().newBaseManager();
        NDArray x = manager.ones(new Shape(4))) {
      assertThatThrownBy(() -> x.fft(4))
          .isInstanceOf(UnsatisfiedLinkError.class)
          .hasMessageContaining("torchFft");
      assertThatThrownBy(() -> x.matMul(manager.ones(new Shape(5))))
          .isInstanceOf(ai.djl.engine.EngineException.class)
          .hasMessageContaining("size");
    }
  }
}
