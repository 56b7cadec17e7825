package ffc.loaders.tools;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Quickstart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelListTest {
  @TempDir Path dir;
  private Path list;

  /** A pack of 40 identities with a list that calls them otherwise. */
  @BeforeEach
  void split() throws Exception {
    try (Dataset data = DataSets.open(Quickstart.open())) {
      Split.run(data, 40, 2, 3, dir.resolve("a"), Progress.NONE);
    }
    list = dir.resolve("a/open.labels.tsv");
    List<String> lines = Files.readAllLines(list);
    Files.write(
        list, lines.stream().map(line -> line.replaceFirst("\t([0-9]+)\t", "\tZoë $1\t")).toList());
  }

  @Test
  void identitiesKeepTheirNamesFromPackToPack() throws Exception {
    List<String> wanted = column(list);
    try (Dataset data = open("a/open.rec")) {
      assertThat(names(data)).isEqualTo(wanted).allMatch(name -> name.startsWith("Zoë "));
      Split.run(data, 10, 1, 5, dir.resolve("b"), Progress.NONE);
      Split.whole(data, dir.resolve("c/train.rec"), Progress.NONE);
      long[] together = LongStream.range(0, data.images()).map(image -> 0).toArray();
      Relabel.run(data, together, dir.resolve("d/train.rec"), Progress.NONE);
    }
    try (Dataset train = open("b/train.rec");
        Dataset held = open("b/open.rec");
        Dataset whole = open("c/train.rec")) {
      assertThat(names(held))
          .hasSize(10)
          .isSubsetOf(wanted)
          .doesNotContainAnyElementsOf(names(train));
      assertThat(names(whole)).isEqualTo(wanted);
    }
    assertThat(column(dir.resolve("d/train.labels.tsv")))
        .containsExactly(String.join(" + ", wanted));
  }

  @Test
  void aListOfAnotherPackNamesNobody() throws Exception {
    List<String> lines = Files.readAllLines(list);
    for (List<String> other :
        List.of(
            lines.subList(0, 40),
            lines.subList(1, 41),
            lines.stream().map(line -> line.replaceFirst("^7\t(.*)\t.*", "7\t$1\t999")).toList(),
            lines.stream().map(line -> line.replaceFirst("^7\t", "8\t")).toList())) {
      Files.write(list, other);
      try (Dataset data = open("a/open.rec")) {
        assertThat(names(data)).startsWith("0", "1").endsWith("39");
      }
    }
  }

  private Dataset open(String pack) {
    return DataSets.open(new DataConfig.Source("recordio", dir.resolve(pack).toString()));
  }

  private static List<String> names(Dataset data) {
    return LongStream.range(0, data.identities()).mapToObj(data::identityName).toList();
  }

  private static List<String> column(Path list) throws Exception {
    return Files.readAllLines(list).stream().skip(1).map(line -> line.split("\t")[1]).toList();
  }
}
