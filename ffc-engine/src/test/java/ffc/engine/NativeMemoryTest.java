package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeMemoryTest {
  /** Texts of PyTorch 2.x. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "CUDA out of memory. Tried to allocate 2.25 GiB. GPU 0 has a total capacity of 15.77 GiB of"
            + " which 1.04 GiB is free. Process 4711 has 14.72 GiB memory in use. Of the allocated"
            + " memory 13.96 GiB is allocated by PyTorch, and 390.66 MiB is reserved by PyTorch but"
            + " unallocated. | out of memory on the GPU (tried to allocate 2.25 GiB)",
        "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 1; 79.15 GiB total capacity; 77.90 GiB"
            + " already allocated; 14.25 MiB free; 78.20 GiB reserved in total by PyTorch) |"
            + " out of memory on the GPU (tried to allocate 20.00 MiB)",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)` |"
            + " out of memory on the GPU",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED | out of memory on the GPU",
        "CUDA error: out of memory. CUDA kernel errors might be asynchronously reported at some other"
            + " API call, so the stacktrace below might be incorrect. | out of memory on the GPU",
        "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you"
            + " tried to allocate 137438953472 bytes. Error code 12 (Cannot allocate memory) |"
            + " out of memory beside the Java heap (tried to allocate 137438953472 bytes)",
        "std::bad_alloc | out of memory beside the Java heap",
      })
  void textsOfTheEngineAreRecognised(String text, String expected) {
    String whole =
        text
            + "\nException raised from malloc at ../c10/cuda/CUDACachingAllocator.cpp:1289 (most"
            + " recent call first):\nframe #0: c10::Error::Error(c10::SourceLocation)";
    EngineException failure = new EngineException(whole);

    assertThat(NativeMemory.shortage(failure)).contains(expected);
    assertThat(NativeMemory.shortage(new IllegalStateException("step 7", failure)))
        .contains(expected);
  }

  @Test
  void theEngineOfThisProgramSaysSo() {
    try (NDManager manager = NDManager.newBaseManager()) {
      Throwable failure = catchThrowable(() -> manager.create(new Shape(1L << 58)));

      assertThat(NativeMemory.shortage(failure))
          .contains(
              "out of memory beside the Java heap (tried to allocate " + (1L << 60) + " bytes)");
    }
  }

  @Test
  void otherFailuresAreLeftAlone() {
    assertThat(NativeMemory.shortage(new EngineException("mat1 and mat2 shapes"))).isEmpty();
    assertThat(NativeMemory.shortage(new EngineException(""))).isEmpty();
    assertThat(NativeMemory.shortage(new OutOfMemoryError("Java heap space"))).isEmpty();
    Exception circular = new IllegalStateException("a");
    circular.initCause(new IllegalStateException("b", circular));
    assertThat(NativeMemory.shortage(circular)).isEmpty();
  }
}
