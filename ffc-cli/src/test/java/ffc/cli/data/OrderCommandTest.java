package ffc.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.InProcess;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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

  /** Results beside or in a source would be part of it, or in its place. */
  @Test
  void nothingIsWrittenWhereTheSourceLies() throws IOException {
    Path pack = temp.resolve("pack/train.rec");
    Files.createDirectories(pack.getParent());
    for (String file : List.of("train.rec", "train.idx", "property")) {
      Files.copy(STORED.resolve("data").resolve(file), pack.resolveSibling(file));
    }
    Path images = temp.resolve("images");
    assertThat(InProcess.run(List.of("data", "unpack", "" + pack, "--out=" + images)).code())
        .isZero();
    Path link = Files.createSymbolicLink(temp.resolve("link"), images);
    List<Path> before = all();
    for (List<String> command :
        List.of(
            List.of("data", "order", "--checkpoint", RUN, "--block=2"),
            List.of("data", "clean", "--checkpoint", RUN),
            List.of("data", "split", "--open=2"),
            List.of("data", "relabel"),
            List.of("data", "index"),
            List.of("cluster", "--checkpoint", RUN, "--threshold=0.9", "--pack"))) {
      for (List<Path> places :
          List.of(
              List.of(pack, pack.getParent()),
              List.of(pack, images.resolve("../pack")),
              List.of(images, images),
              List.of(images, images.resolve("sub/of/it")),
              List.of(images, link.resolve("sub")),
              List.of(link, images))) {
        List<String> typed = new ArrayList<>(command);
        typed.add(places.get(0).toString());
        typed.add("--out=" + places.get(1));
        InProcess.Outcome outcome = InProcess.run(typed);
        assertThat(outcome.code()).as(typed + " " + outcome).isEqualTo(2);
        assertThat(outcome.err())
            .as(typed.toString())
            .contains("--out " + places.get(1) + ": lies ", "which is only read; choose a folder")
            .hasLineCount(1);
      }
    }
    assertThat(all()).isEqualTo(before);
    assertThat(pack).hasSameBinaryContentAs(Path.of(PACK));
  }

  private List<Path> all() throws IOException {
    try (Stream<Path> files = Files.walk(temp)) {
      return files.sorted().toList();
    }
  }

  @Test
  void aPackThatIsThereStaysAsItIs() throws IOException {
    Path there = Files.writeString(temp.resolve("train.rec"), "another");
    for (List<String> command :
        List.of(
            List.of("data", "order", PACK, "--checkpoint", RUN, "--block=4", "--out=" + temp),
            List.of("data", "clean", PACK, "--checkpoint", RUN, "--out=" + temp))) {
      InProcess.Outcome outcome = InProcess.run(command);
      assertThat(outcome.code()).as(outcome.toString()).isEqualTo(2);
      assertThat(outcome.err())
          .contains(there + ": exists already; remove it or choose another name")
          .hasLineCount(1);
      assertThat(all()).containsExactly(temp, there);
    }
  }
}
