package ffc.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.cli.InProcess;
import ffc.eval.EmbeddingFile;
import ffc.eval.embedding.Embeddings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CleanCommandTest {
  private static final Path STORED = Path.of("src/test/resources/stored-runs");
  private static final String PACK = STORED.resolve("data/train.rec").toString();
  private static final String RUN = STORED.resolve("format-1/ffc-weighted").toString();

  @TempDir Path temp;

  private static void run(String... arguments) {
    InProcess.Outcome outcome = InProcess.run(List.of(arguments));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
  }

  @Test
  void leavesListsReportAndPackAndNoEmbeddings() throws IOException {
    Path out = temp.resolve("cleaned");
    run(
        "data",
        "clean",
        PACK,
        "--checkpoint",
        RUN,
        "--out",
        out.toString(),
        "--link=0.5",
        "--merge=0.99");
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "lookalikes.tsv",
              "outliers.tsv",
              "report.html",
              "train.idx",
              "train.labels.tsv",
              "train.property",
              "train.rec");
    }
    assertThat(Files.readString(out.resolve("report.html")))
        .contains("The number under a name is the cosine", "are linked above 0.5000");
  }

  /** The page has columns for nine pictures; more would lie on those of the next column. */
  @Test
  void noRowIsLongerThanItsColumn() throws IOException {
    Path out = temp.resolve("rows");
    run(
        "data",
        "clean",
        PACK,
        "--checkpoint",
        RUN,
        "--out",
        out.toString(),
        "--link=0.999",
        "--merge=0.3");
    List<Integer> pictures =
        Stream.of(Files.readString(out.resolve("report.html")).split("<div class=\"row\">"))
            .skip(1)
            .map(row -> row.split("<img ", -1).length - 1)
            .toList();
    assertThat(pictures).contains(9).allMatch(count -> count <= 9);
  }

  /** Of three steps: what it finds is chance. */
  @Test
  void aWeakNetworkProposesNothingAndSaysSo() throws IOException {
    Path out = temp.resolve("sub/cleaned");
    InProcess.Outcome outcome =
        InProcess.run(List.of("data", "clean", PACK, "--checkpoint", RUN, "--out", "" + out));
    assertThat(outcome.code()).isZero();
    assertThat(outcome.err())
        .startsWith("ffc: nothing is proposed: the network does not separate these identities")
        .hasLineCount(1);
    assertThat(Files.readAllLines(out.resolve("outliers.tsv"))).hasSize(1);
    assertThat(Files.readAllLines(out.resolve("lookalikes.tsv"))).hasSize(1);
    assertThat(out.resolve("train.rec")).hasSameBinaryContentAs(Path.of(PACK));
  }

  @Test
  void embeddingsOnDiskAreUnitRowsWithTheirIdentities() {
    Path out = temp.resolve("e.npy");
    run("embed", "--checkpoint", RUN, "--data", PACK, "--format", "recordio", "--out", "" + out);
    Embeddings rows = EmbeddingFile.open(out, null);
    assertThat(rows.size()).isPositive();
    EmbeddingFile.Raw raw = EmbeddingFile.raw(out);
    for (int i = 0; i < rows.size(); i++) {
      double squares = 0;
      for (int k = 0; k < raw.dim(); k++) {
        squares += Math.pow(raw.rows()[i * raw.dim() + k], 2);
      }
      assertThat(squares).isBetween(0.99999, 1.00001);
      assertThat(rows.label(i)).isGreaterThanOrEqualTo(i == 0 ? 0 : rows.label(i - 1));
    }
  }
}
