package ffc.loaders.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelabelTest {
  private static final ImageShape SHAPE = new ImageShape(1, 32, 32);

  @TempDir Path temp;

  @Test
  void writesTheKeptImagesUnderTheirNewIdentities() throws IOException {
    Random random = new Random(6);
    try (Dataset data =
        DataSets.open(new DataConfig.Source("recordio", "../data/quickstart/open.rec"))) {
      long[] identity = new long[(int) data.images()];
      for (int image = 0; image < identity.length; image++) {
        // Every tenth left out, identities joined in threes.
        identity[image] = random.nextInt(10) == 0 ? -1 : data.identityOf(image) / 3 * 7;
      }
      Path rec = temp.resolve("sub/clean.rec");
      Relabel.Result result = Relabel.run(data, identity, rec, Progress.NONE);
      try (Stream<String> lines = Files.lines(temp.resolve("sub/clean.labels.tsv"))) {
        List<String[]> labels = lines.skip(1).map(line -> line.split("\t")).toList();
        assertThat(labels).hasSize(167);
        assertThat(labels.get(5)[0]).isEqualTo("5");
        assertThat(labels.get(5)[1].split(" \\+ "))
            .containsExactly(data.identityName(15), data.identityName(16), data.identityName(17));
        assertThat(labels.stream().mapToLong(line -> Long.parseLong(line[2])).sum())
            .isEqualTo(result.images());
      }
      List<Integer> kept = new ArrayList<>();
      for (int image = 0; image < identity.length; image++) {
        if (identity[image] >= 0) {
          kept.add(image);
        }
      }
      try (Dataset clean = DataSets.open(new DataConfig.Source("recordio", rec.toString()))) {
        assertThat(result.images()).isEqualTo(kept.size()).isEqualTo(clean.images());
        assertThat(result.identities()).isEqualTo(167).isEqualTo(clean.identities());
        ByteBuffer got = ByteBuffer.allocateDirect(SHAPE.bytes());
        ByteBuffer wanted = ByteBuffer.allocateDirect(SHAPE.bytes());
        for (int i = 0; i < kept.size(); i += 13) {
          assertThat(clean.identityOf(i)).isEqualTo(identity[kept.get(i)] / 7);
          clean.decode(i, SHAPE, got, 0);
          data.decode(kept.get(i), SHAPE, wanted, 0);
          assertThat(got).isEqualTo(wanted);
        }
      }
      assertThatThrownBy(() -> Relabel.run(data, new long[3], rec, Progress.NONE))
          .hasMessageContaining("got 3 identities, wanted one for each of 5630 images");
    }
  }

  @Test
  void writesEveryIdentityInAnotherOrder() throws IOException {
    try (Dataset data =
        DataSets.open(new DataConfig.Source("recordio", "../data/quickstart/open.rec"))) {
      List<Long> shuffled = new ArrayList<>();
      for (long identity = 0; identity < data.identities(); identity++) {
        shuffled.add(identity);
      }
      Collections.shuffle(shuffled, new Random(4));
      long[] order = shuffled.stream().mapToLong(Long::longValue).toArray();
      Path rec = temp.resolve("ordered.rec");
      Relabel.Result result = Relabel.inOrder(data, order, rec, Progress.NONE);
      assertThat(result).isEqualTo(new Relabel.Result(data.identities(), data.images()));
      try (Dataset ordered = DataSets.open(new DataConfig.Source("recordio", rec.toString()))) {
        for (int place = 0; place < order.length; place++) {
          assertThat(ordered.identityName(place)).isEqualTo(data.identityName(order[place]));
          long first = ordered.firstImage(place);
          assertThat(ordered.imageCount(place)).isEqualTo(data.imageCount(order[place]));
          for (long i = 0; i < ordered.imageCount(place); i++) {
            assertThat(ordered.encoded(first + i))
                .isEqualTo(data.encoded(data.firstImage(order[place]) + i));
          }
        }
      }
      long[] twice = order.clone();
      twice[1] = twice[0];
      assertThatThrownBy(() -> Relabel.inOrder(data, twice, rec, Progress.NONE))
          .hasMessageContaining("identity " + twice[0] + " comes twice in the order");
      assertThatThrownBy(() -> Relabel.inOrder(data, new long[] {1}, rec, Progress.NONE))
          .hasMessageContaining("got 1 identities in order, wanted all 501");
    }
  }
}
