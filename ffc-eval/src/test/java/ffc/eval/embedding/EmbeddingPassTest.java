package ffc.eval.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EmbeddingPassTest {
  /** The first byte of each image is its embedding. */
  private static final ImageEmbedder FIRST_BYTE =
      new ImageEmbedder() {
        @Override
        public ImageShape shape() {
          return new ImageShape(1, 1, 2);
        }

        @Override
        public int dim() {
          return 1;
        }

        @Override
        public void embed(ByteBuffer images, int count, float[] out, int offset) {
          for (int i = 0; i < count; i++) {
            out[offset + i] = images.get(2 * i);
          }
        }
      };

  @Test
  void allThreadsDecodeAtOnceAndImagesKeepTheirPlaces() {
    for (int threads : new int[] {1, 3, 8}) {
      CountDownLatch inside = new CountDownLatch(threads);
      float[] rows =
          EmbeddingPass.embed(
              FIRST_BYTE,
              37,
              (image, out, offset) -> {
                inside.countDown();
                await(inside);
                out.put(offset, (byte) image);
              },
              8,
              threads);
      for (int i = 0; i < 37; i++) {
        assertThat(rows[i]).as("%d threads, image %d", threads, i).isEqualTo(i);
      }
    }
  }

  @Test
  void anUnreadableImageEndsIt() {
    assertThatThrownBy(
            () ->
                EmbeddingPass.embed(
                    FIRST_BYTE,
                    20,
                    (image, out, offset) -> {
                      if (image == 13) {
                        throw new BadDataException("image 13 is bad");
                      }
                    },
                    8,
                    4))
        .isInstanceOf(BadDataException.class)
        .hasMessage("image 13 is bad");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
