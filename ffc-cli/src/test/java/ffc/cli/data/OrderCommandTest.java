package ffc.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.InProcess;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrderCommandTest {
  private static final Path STORED = Path.of("src/test/resources/stored-runs");
  private static final String PACK = STORED.resolve("data/train.rec").toString();
  private static final String RUN = STORED.resolve("format-1/ffc-weighted").toString();

  @TempDir Path temp;

  private static Map<String, Long> imagesByName(Dataset data) {
    ToLongFunction<Long> count = data::imageCount;
    return LongStream.range(0, data.identities())
        .boxed()
        .collect(Collectors.toMap(data::identityName, count::applyAsLong));
  }

  @Test
  void leavesAPackOfTheSameIdentitiesAndNoEmbeddings() throws IOException {
    Path out = temp.resolve("ordered");
    InProcess.Outcome outcome =
        InProcess.run(
            List.of("data", "order", PACK, "--checkpoint", RUN, "--block", "4", "--out", "" + out));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .containsPattern("of the ten identities most like one, \\d+ % stand in its block of 4")
        .contains("data.train.path: " + out.resolve("train.rec") + ", data.localityBlock: 4");
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "train.idx", "train.labels.tsv", "train.property", "train.rec");
    }
    try (Dataset before = DataSets.open(new DataConfig.Source("recordio", PACK));
        Dataset after =
            DataSets.open(new DataConfig.Source("recordio", out.resolve("train.rec").toString()))) {
      assertThat(imagesByName(after)).isEqualTo(imagesByName(before));
      assertThat(after.fingerprint()).isNotEqualTo(before.fingerprint());
    }
  }

  /** DIR may be where the source lies: it would be written over. */
  @Test
  void aPackThatIsThereStaysAsItIs() throws IOException {
    for (String file : List.of("train.rec", "train.idx", "property")) {
      Files.copy(STORED.resolve("data").resolve(file), temp.resolve(file));
    }
    String pack = temp.resolve("train.rec").toString();
    for (List<String> command :
        List.of(
            List.of("data", "order", pack, "--checkpoint", RUN, "--block=4", "--out=" + temp),
            List.of("data", "clean", pack, "--checkpoint", RUN, "--out=" + temp))) {
      InProcess.Outcome outcome = InProcess.run(command);
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
      assertThat(outcome.err())
          .contains(pack + ": exists already; remove it or choose another name")
          .hasLineCount(1);
      try (Stream<Path> files = Files.list(temp)) {
        assertThat(files).hasSize(3);
      }
      assertThat(Path.of(pack)).hasSameBinaryContentAs(Path.of(PACK));
    }
  }
}
