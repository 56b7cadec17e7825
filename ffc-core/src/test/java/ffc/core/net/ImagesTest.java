package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.ffc.WarmFill;
import ffc.core.method.DevicePair;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.engine.Autograd;
import ffc.engine.NativeOps;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Images on their way into a network, in training, evaluation and the filling of the group. */
class ImagesTest {
  private static final ImageShape SHAPE = new ImageShape(1, 32, 32);

  @Test
  void everyWayIntoANetworkHasTheChannelsInnermost() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (int channels : new int[] {1, 3}) {
        ImageShape shape = new ImageShape(channels, 4, 5);
        ByteBuffer bytes = ByteBuffer.allocateDirect(6 * shape.bytes());
        for (int i = 0; i < bytes.capacity(); i++) {
          bytes.put(i, (byte) (i * 7));
        }
        NDArray x = Images.upload(bytes, 3, shape, manager);
        bytes.position(bytes.capacity());
        NDArray y = Images.upload(bytes, 3, shape, manager);
        DevicePair pair = new DevicePair(x, y, new long[3], new long[3], 0, 1);
        assertThat(x.getShape()).isEqualTo(new Shape(3, channels, 4, 5));
        for (NDArray images : List.of(Images.normalised(x), pair.images(y, 0), pair.images(0))) {
          assertThat(NativeOps.strides(images))
              .as("%d channels", channels)
              .containsExactly(20L * channels, 1, 5L * channels, channels);
        }
        float[] values = Images.normalised(x).toFloatArray();
        for (int i = 0; i < values.length; i++) {
          assertThat(values[i]).isEqualTo(((bytes.get(i) & 0xff) - 127.5f) / 127.5f);
        }
      }
    }
  }

  @Test
  void theGroupIsFilledWithGalleryFeaturesOfAsManyIdentitiesAsWanted() {
    Autograd.off();
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(List.of(1, 32, 32))
            .layers(List.of(1))
            .widths(List.of(4))
            .embedding(8)
            .dropout(0.5)
            .build();
    FfcConfig config =
        FfcConfigBuilder.builder()
            .type("ffc")
            .capacity(100)
            .galleryMomentum(0.9)
            .galleryBatchNorm(MomentumEncoder.BatchNorm.ema)
            .build();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder probe = Encoder.create(model, manager, 3, Precision.fp32);
        MomentumEncoder gallery =
            new MomentumEncoder(probe, model, config.following(), manager, 4);
        Dataset data =
            DataSets.open(new DataConfig.Source("recordio", "../data/quickstart/train.rec"))) {
      Engine.getInstance().setRandomSeed(5);
      MethodContext context =
          new MethodContext(
              probe,
              model,
              DataConfigBuilder.builder().build(),
              data,
              null,
              null,
              11,
              new LocalExchange(),
              () -> 0,
              new StepProfile());
      // One more than a chunk: batch norm takes no batch of one image.
      Map<Long, float[]> filled = new LinkedHashMap<>();
      WarmFill.fill(
          context,
          gallery,
          65,
          (ids, rows) -> {
            assertThat(ids.length).isGreaterThan(1);
            for (int i = 0; i < ids.length; i++) {
              float[] row = new float[8];
              System.arraycopy(rows.values(), 8 * i, row, 0, 8);
              assertThat(filled.put(ids[i], row)).as("identity %d", ids[i]).isNull();
            }
          });
      assertThat(filled).hasSize(65);
      filled.forEach((id, row) -> assertThat(row).satisfies(r -> isOfOneOf(r, id, data, gallery)));
    }
  }

  private static void isOfOneOf(float[] row, long id, Dataset data, MomentumEncoder gallery) {
    int count = Math.toIntExact(data.imageCount(id));
    ByteBuffer bytes = ByteBuffer.allocateDirect(count * SHAPE.bytes());
    for (int i = 0; i < count; i++) {
      data.decode(data.firstImage(id) + i, SHAPE, bytes, i * SHAPE.bytes());
    }
    float[] features = new float[count * 8];
    new EncoderEmbedder(gallery.encoder()).embed(bytes, count, features, 0);
    double best = -1;
    for (int i = 0; i < count; i++) {
      double product = 0;
      double squares = 0;
      for (int k = 0; k < 8; k++) {
        product += row[k] * features[8 * i + k];
        squares += features[8 * i + k] * features[8 * i + k];
      }
      best = Math.max(best, product / Math.sqrt(squares));
    }
    assertThat(best).as("cosine to an image of identity %d", id).isCloseTo(1, within(1e-6));
  }
}
