package ffc.loaders.pairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.VerificationSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.source.TestPacks;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListedPairsTest {
  @TempDir Path dir;

  @Test
  void readsPairsBesideTheirFolder() throws Exception {
    for (int i = 0; i < 3; i++) {
      Files.write(dir.resolve(i + ".png"), TestPacks.png(i, 4, 3));
    }
    Path list = dir.resolve("pairs.txt");
    Files.writeString(list, "# a b same\n0.png 1.png 0\n\n1.png\t2.png 1\n1.png gone.png 1\n");
    try (VerificationSet set = VerificationSets.open("pairs", list)) {
      assertThat(set.pairs()).isEqualTo(3);
      assertThat(set.same(0)).isFalse();
      assertThat(set.same(1)).isTrue();
      ByteBuffer out = ByteBuffer.allocate(12);
      set.decode(3, new ImageShape(1, 4, 3), out, 0);
      assertThat(out.array()).isEqualTo(TestPacks.pixels(2, 4, 3));
      assertThatThrownBy(() -> set.decode(5, new ImageShape(1, 4, 3), out, 0))
          .isInstanceOf(BadDataException.class)
          .hasMessageEndingWith("gone.png: no such file");
    }
    Files.writeString(list, "0.png 1.png yes\n");
    assertThatThrownBy(() -> VerificationSets.openPairs(list).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("pairs.txt line 1: wanted");
  }
}
