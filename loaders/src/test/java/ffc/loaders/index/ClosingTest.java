package ffc.loaders.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.OpenFiles;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import ffc.loaders.tools.DataVerify;
import ffc.loaders.tools.RecordIoWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No file stays open behind what was closed or could not be opened. */
class ClosingTest {
  private static final Progress SILENT = (phase, done, total) -> {};

  @TempDir Path dir;
  private Path pack;
  private Path lmdb;

  @BeforeEach
  void write() throws Exception {
    pack = dir.resolve("a.rec");
    ByteBuffer image = ByteBuffer.wrap(TestPacks.png(1, 8, 8));
    try (RecordIoWriter writer = new RecordIoWriter(pack, 2)) {
      for (int id = 0; id < 2; id++) {
        writer.identity();
        writer.image(image.duplicate());
      }
      writer.commit(8, 8);
    }
    lmdb = dir.resolve("lmdb");
    TestLmdb.write(lmdb, List.of(new TestLmdb.Entry("key", 0, TestPacks.png(1, 8, 8))));
  }

  @AfterEach
  void nothingIsOpen() {
    assertThat(OpenFiles.below(dir)).isEmpty();
  }

  private static DataConfig.Source source(String format, Path... paths) {
    return new DataConfig.Source(
        format, String.join(",", List.of(paths).stream().map(Path::toString).toList()));
  }

  private static void refused(DataConfig.Source source) {
    assertThatThrownBy(() -> DataSets.open(source)).isInstanceOf(BadDataException.class);
  }

  @Test
  void anOpenSetHasItsFilesOpenAndAClosedOneNot() {
    for (DataConfig.Source source : List.of(source("recordio", pack, pack), source("lmdb", lmdb))) {
      try (Dataset set = DataSets.open(source)) {
        assertThat(set.images()).isPositive();
        assertThat(OpenFiles.below(dir)).isNotEmpty();
      }
      assertThat(OpenFiles.below(dir)).isEmpty();
    }
  }

  @Test
  void theFirstOfSeveralPartsIsClosedIfTheSecondCannotBeOpened() {
    refused(source("recordio", pack, dir.resolve("none.rec")));
    refused(source("lmdb", lmdb, dir.resolve("none")));
  }

  @Test
  void aSourceWhoseWalkFailsIsClosed() throws IOException {
    Files.writeString(dir.resolve("a.idx"), "0\t0\n1\t999\n");
    refused(source("recordio", pack));
    Files.writeString(dir.resolve("lmdb.txt"), "key zero\n");
    refused(source("lmdb", lmdb));
  }

  @Test
  void anIndexAndItsBuildCloseTheSource() throws IOException {
    Path index = dir.resolve("index");
    IndexBuilder.build(source("recordio", pack), index, 10, SILENT);
    assertThat(OpenFiles.below(dir)).isEmpty();
    DataSets.open(source("index", index)).close();
    assertThat(OpenFiles.below(dir)).isEmpty();
    Files.writeString(pack, "more", StandardOpenOption.APPEND);
    refused(source("index", index));
    assertThatThrownBy(
        () -> IndexBuilder.build(source("recordio", pack), dir.resolve("b"), 10, SILENT));
  }

  @Test
  void verifyingClosesThePacks() {
    assertThat(DataVerify.run(source("recordio", pack), null, 1, SILENT).sound()).isTrue();
  }

  @Test
  void filesWrittenTogetherAreClosedIfTheLastCannotBeOpened() throws IOException {
    Path folder = Files.createDirectories(dir.resolve("partial"));
    Files.createDirectories(folder.resolve(IndexWriter.LABELS));
    assertThatThrownBy(() -> new IndexWriter(folder, true, true, "-"))
        .isInstanceOf(IOException.class);
    Files.createDirectories(dir.resolve("b.idx.part"));
    assertThatThrownBy(() -> new RecordIoWriter(dir.resolve("b.rec"), 1))
        .isInstanceOf(IOException.class);
    assertThat(dir.resolve("b.rec.part")).doesNotExist();
  }
}
