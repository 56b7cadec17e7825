package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
}
