package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.JniUtils;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class ComputeThreadsTest {
  @Test
  void aThreadKeepsItsNumberWhenAnotherSetsItsOwn() throws Exception {
    Autograd.off(); // loads the natives
    int before = JniUtils.getNumThreads();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      other.submit(() -> ComputeThreads.set(1)).get();
      ComputeThreads.set(3);
      assertThat(other.submit(() -> JniUtils.getNumThreads()).get()).isEqualTo(1);
      assertThat(JniUtils.getNumThreads()).isEqualTo(3);
    } finally {
      other.shutdown();
      ComputeThreads.set(before);
    }
  }
}
