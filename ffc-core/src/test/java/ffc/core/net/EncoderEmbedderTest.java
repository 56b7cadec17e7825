package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ffc.engine.Autograd;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EncoderEmbedderTest {

  @Test
  void aNetworkThatTrainsInBf16IsJudgedAsItsCheckpointWillBe() throws Exception {
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(List.of(1, 32, 32))
            .layers(List.of(1, 1))
            .widths(List.of(4, 8))
            .embedding(16)
            .build();
    ByteBuffer images = ByteBuffer.allocateDirect(3 * 32 * 32);
    byte[] pixels = new byte[images.capacity()];
    new Random(3).nextBytes(pixels);
    images.put(pixels).clear();
    float[] training = new float[3 * 16];
    float[] judged = new float[3 * 16];
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder bf16 = Encoder.create(model, manager, 4, Precision.bf16);
        Encoder fp32 = Encoder.create(model, manager, 4, Precision.fp32)) {
      new EncoderEmbedder(bf16).embed(images, 3, training, 0);
      new EncoderEmbedder(fp32).embed(images, 3, judged, 0);
    }
    assertThat(training).containsExactly(judged);
  }
}
