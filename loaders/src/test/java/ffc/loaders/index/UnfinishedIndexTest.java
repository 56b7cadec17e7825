package ffc.loaders.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.source.TestLmdb;
import ffc.loaders.source.TestPacks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a build leaves when it is killed, what time does to that, and what a source may change. */
class UnfinishedIndexTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;
  private Path list;
  private DataConfig.Source manifest;
  private Path out;

  /** 300 images in the order of a shuffle, behind a comment that is longer than a page. */
  @BeforeEach
  void writeManifest() throws IOException {
    StringBuilder text = new StringBuilder("# ").append("x".repeat(5000)).append('\n');
    for (int i = 0; i < 300; i++) {
      Files.write(dir.resolve("%03d.png".formatted(i)), TestPacks.png(i, 4, 3));
      text.append("id%02d\t%03d.png\n".formatted(i * 7 % 60, i));
    }
    list = dir.resolve("list.tsv");
    Files.writeString(list, text);
    manifest = new DataConfig.Source("manifest", list.toString());
    out = dir.resolve("out");
  }

  private Path partial() {
    return dir.resolve("out.partial");
  }

  /** Stops a build at its n-th report, or at the one that says that all is merged. */
  private void buildUntil(int reports) {
    int[] left = {reports};
    assertThatThrownBy(
            () ->
                IndexBuilder.build(
                    manifest,
                    out,
                    50,
                    (phase, done, total) -> {
                      if (--left[0] == 0 || phase.equals("merging") && done == total) {
                        throw new IllegalStateException("killed");
                      }
                    }))
        .hasMessage("killed");
  }

  private void build() {
    IndexBuilder.build(manifest, out, 50, Progress.NONE);
  }

  private void assertIndexIsOf(DataConfig.Source source) {
    try (Dataset got = DatasetIndex.open(out, 0);
        Dataset want = DataSets.open(source)) {
      assertThat(got.fingerprint()).isEqualTo(want.fingerprint());
      ByteBuffer a = ByteBuffer.allocate(SHAPE.bytes());
      ByteBuffer b = ByteBuffer.allocate(SHAPE.bytes());
      for (long image = 0; image < want.images(); image++) {
        assertThat(got.identityOf(image)).isEqualTo(want.identityOf(image));
        got.decode(image, SHAPE, a, 0);
        want.decode(image, SHAPE, b, 0);
        assertThat(a).isEqualTo(b);
      }
    }
  }

  private List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void neverMergesWhatTheDiskChanged() throws IOException {
    buildUntil(Integer.MAX_VALUE);
    long seed = new Random().nextLong();
    System.out.println("UnfinishedIndexTest seed " + seed);
    Random random = new Random(seed);
    for (String name : names(partial())) {
      if (!name.startsWith("run-") && !name.equals(IndexWriter.NAMES)) {
        continue;
      }
      Path file = partial().resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < 3; i++) {
        byte[] damaged = whole.clone();
        damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, i == 0 ? java.util.Arrays.copyOf(whole, whole.length - 24) : damaged);
        assertThatThrownBy(this::build)
            .isInstanceOf(BadDataException.class)
            .hasMessageStartingWith(file.toString())
            .hasMessageContaining("expected")
            .hasMessageEndingWith("remove " + partial() + " and build the index again");
        assertThat(out).doesNotExist();
      }
      Files.write(file, whole);
    }
    build();
    assertIndexIsOf(manifest);
  }

  @Test
  void finishesTheCleaningThatAKillCutShort() throws IOException {
    for (int gone = 0; gone <= 6; gone += 3) {
      buildUntil(Integer.MAX_VALUE);
      try (Journal journal = new Journal(partial())) {
        assertThat(journal.runs).hasSize(6);
        journal.merged();
        for (int i = 0; i < gone; i++) {
          Files.delete(RunWriter.file(partial(), journal.runs.get(i).number()));
        }
      }
      List<String> reported = new ArrayList<>();
      IndexBuilder.build(manifest, out, 50, (phase, done, total) -> reported.add(phase));
      assertThat(reported).as("nothing is walked or merged again").isEmpty();
      assertThat(partial()).doesNotExist();
      assertThat(names(out))
          .containsExactly(
              "first.i64", "hints.i64", "index.ffc", "names.bin", "places.i64", "sums.i32");
      assertIndexIsOf(manifest);
      // Earlier versions cleaned behind the renaming and could leave all of it there.
      Files.write(out.resolve("run-00003"), new byte[1000]);
      Files.write(out.resolve("journal"), new byte[10]);
      assertThatThrownBy(this::build).hasMessageContaining("exists already");
      assertThat(names(out)).hasSize(6);
      for (String name : names(out)) {
        Files.delete(out.resolve(name));
      }
      Files.delete(out);
    }
  }

  @Test
  void leavesNoRunInItsPlaceWhateverHappensThere() throws IOException {
    // The renaming fails, as if the process had died right before it.
    Path taken = out.resolve("taken");
    assertThatThrownBy(
            () ->
                IndexBuilder.build(
                    manifest,
                    out,
                    50,
                    (phase, done, total) -> {
                      try {
                        Files.createDirectories(taken);
                      } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }))
        .hasMessageStartingWith(out + ": cannot be written");
    assertThat(names(partial())).contains("journal").noneMatch(name -> name.startsWith("run-"));
    Files.delete(taken);
    Files.delete(out);
    build();
    assertIndexIsOf(manifest);
  }

  @Test
  void beginsAgainWhenAListWasEditedMeanwhile() throws IOException {
    buildUntil(220); // four runs are there
    exchangeTwoIdentities();
    build();
    assertIndexIsOf(manifest);
  }

  /** Gives two images of the list each other's identity; its size stays. */
  private void exchangeTwoIdentities() throws IOException {
    String text = Files.readString(list);
    String edited = text.replace("\t001.png", "\t---").replace("\t002.png", "\t001.png");
    edited = edited.replace("\t---", "\t002.png");
    assertThat(edited).isNotEqualTo(text).hasSameSizeAs(text);
    FileTime time = Files.getLastModifiedTime(list);
    Files.writeString(list, edited);
    Files.setLastModifiedTime(list, FileTime.fromMillis(time.toMillis() + 2000));
  }

  private void assertStale() {
    assertThatThrownBy(() -> DatasetIndex.open(out, 0).close())
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("changed since it was indexed; build the index again");
  }

  @Test
  void noticesAListEditedToTheSameSize() throws IOException {
    build();
    exchangeTwoIdentities();
    assertStale();
    exchangeTwoIdentities();
    assertIndexIsOf(manifest); // the same content at another time, as a copy has it
  }

  @Test
  void noticesALabelListOfLmdbAndAnIdxEditedToTheSameSize() throws Exception {
    List<TestLmdb.Entry> entries = new ArrayList<>();
    try (TestPacks.Writer pack = new TestPacks.Writer(dir.resolve("p.rec"))) {
      for (int i = 0; i < 20; i++) {
        entries.add(new TestLmdb.Entry("key" + i, i / 10, TestPacks.png(i, 4, 3)));
        pack.image(i, i / 10, TestPacks.png(i, 4, 3));
      }
    }
    TestLmdb.write(dir.resolve("lmdb"), entries);
    record Case(String format, String path, Path list, String from, String to) {}
    for (Case c :
        List.of(
            new Case("lmdb", "lmdb", dir.resolve("lmdb.txt"), "key3 0", "key3 1"),
            new Case("recordio", "p.rec", dir.resolve("p.idx"), "3\t", "9\t"))) {
      out = dir.resolve("of-" + c.format());
      DataConfig.Source source =
          new DataConfig.Source(c.format(), dir.resolve(c.path()).toString());
      IndexBuilder.build(source, out, 50, Progress.NONE);
      assertIndexIsOf(source);
      String text = Files.readString(c.list());
      String edited = text.replaceFirst(c.from(), c.to());
      assertThat(edited).isNotEqualTo(text);
      Files.writeString(c.list(), edited);
      Files.setLastModifiedTime(c.list(), FileTime.fromMillis(1_000_000));
      assertStale();
      Files.writeString(c.list(), text);
      Files.setLastModifiedTime(c.list(), FileTime.fromMillis(2_000_000));
      assertIndexIsOf(source);
    }
  }

  @Test
  void noticesFoldersOfIdentitiesThatCameOrWent() throws IOException {
    Path root = dir.resolve("folders");
    for (String id : List.of("a", "b")) {
      Files.createDirectories(root.resolve(id));
      Files.write(root.resolve(id).resolve("1.png"), TestPacks.png(1, 4, 3));
    }
    DataConfig.Source source = new DataConfig.Source("folder", root.toString());
    IndexBuilder.build(source, out, 50, Progress.NONE);
    Files.setLastModifiedTime(root, FileTime.fromMillis(1_000_000));
    assertIndexIsOf(source);
    Files.createDirectory(root.resolve("c"));
    assertStale();
  }
}
