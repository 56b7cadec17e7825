package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.method.MethodConfig;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import org.junit.jupiter.api.Test;

/** What the settings of the method ask of others. */
class FfcConfigTest {
  private static final int K = 12;

  /** Rows that learn enter both sides at once, and a row of the batch may then be of two. */
  @Test
  void theGroupMustHoldTheIdentitiesOfAWholeStep() {
    DataConfig data =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("synthetic", "-"))
            .idsPerBatch(6)
            .instancesPerBatch(4)
            .singleImage(DataConfig.SingleImage.alone)
            .build();
    FfcConfig trained =
        FfcConfigBuilder.builder().capacity(K).rows(FfcConfig.RowKind.trained).build();
    assertThat(capacityMistake(trained, data))
        .startsWith("got 12, wanted at least 16: the identities of one batch (data.idsPerBatch 6")
        .contains("two a row with data.singleImage alone");
    assertThat(capacityMistake(FfcConfigBuilder.builder(trained).capacity(16).build(), data))
        .isNull();
    assertThat(capacityMistake(FfcConfigBuilder.builder().capacity(K).build(), data)).isNull();
  }

  private static String capacityMistake(FfcConfig config, DataConfig data) {
    MethodConfig.Peers peers =
        new MethodConfig.Peers() {
          @Override
          public DataConfig data() {
            return data;
          }

          @Override
          public int trainers() {
            return 1;
          }
        };
    return config.checks(peers).get(0).mistake().get();
  }
}
