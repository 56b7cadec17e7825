package ffc.loaders.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Progress;
import ffc.loaders.image.Fit;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Imports that are stopped, and go on to the pack of one that was not. */
class ImportJournalTest {
  private static final long SEED = 12;
  private static final int PICTURES = 40;

  @TempDir Path dir;
  private Path photos;

  @BeforeEach
  void draw() throws IOException {
    photos = dir.resolve("photos");
    Random random = new Random(SEED);
    for (int i = 0; i < PICTURES; i++) {
      Path folder = Files.createDirectories(photos.resolve("person" + i / 3));
      BufferedImage image = new BufferedImage(20 + i, 30 + 7 * i, BufferedImage.TYPE_INT_RGB);
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, random.nextInt(image.getHeight()), random.nextInt());
      }
      ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
    }
    Files.writeString(photos.resolve("person2/text.jpg"), "no picture");
    byte[] cut = Files.readAllBytes(photos.resolve("person3/9.png"));
    Files.write(photos.resolve("person3/cut.png"), java.util.Arrays.copyOf(cut, 60));
  }

  private PhotoImport.Options options(String out, Fit fit, long open) {
    return new PhotoImport.Options(
        photos, dir.resolve(out), new ImageShape(3, 32, 32), fit, null, open, 1, 2);
  }

  private static Map<String, String> files(Path folder) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      for (Path file : all.toList()) {
        found.put(
            file.getFileName().toString(),
            java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    }
    return found;
  }

  private void stopAfter(String out, long pictures, long open) {
    Progress stopped =
        (phase, done, total) -> {
          if (phase.equals("pictures") && done == pictures) {
            throw new CancellationException("stopped");
          }
        };
    assertThatThrownBy(() -> PhotoImport.run(options(out, Fit.crop, open), stopped))
        .isInstanceOf(CancellationException.class);
    assertThat(dir.resolve(out).resolve("import.part")).exists();
    assertThat(dir.resolve(out).resolve("train.rec")).doesNotExist();
  }

  @Test
  void oneThatWasStoppedGoesOnToTheSameBytes() throws IOException {
    PhotoImport.Result whole = PhotoImport.run(options("whole", Fit.crop, 4), Progress.NONE);
    stopAfter("parts", 10, 4);
    stopAfter("parts", 11, 4);
    stopAfter("parts", 30, 4);
    Files.writeString(dir.resolve("parts/.unpacked.tar"), "of an archive, left by a kill");

    PhotoImport.Result parts = PhotoImport.run(options("parts", Fit.crop, 4), Progress.NONE);

    assertThat(files(dir.resolve("parts"))).isEqualTo(files(dir.resolve("whole")));
    assertThat(parts.text()).contains("  30 files had been done when the import was stopped\n");
    assertThat(whole.text()).doesNotContain("had been done");
    assertThat(parts.sizes().brackets()).isEqualTo(whole.sizes().brackets());
    assertThat(parts.sizes().enlarged()).isEqualTo(whole.sizes().enlarged()).isEqualTo(12);
    assertThat(whole.text())
        .contains("the pictures were 30x20 to 303x59 (height x width); 12 are smaller than 32x32");
  }

  /** What is done is not done again: the files may be gone but for their names and times. */
  @Test
  void whatIsDoneIsNotReadAgain() throws IOException {
    PhotoImport.run(options("whole", Fit.crop, 0), Progress.NONE);
    stopAfter("parts", 10, 0);
    Path done = photos.resolve("person1/3.png");
    var time = Files.getLastModifiedTime(done);
    Files.write(done, new byte[(int) Files.size(done)]);
    Files.setLastModifiedTime(done, time);

    PhotoImport.run(options("parts", Fit.crop, 0), Progress.NONE);

    assertThat(files(dir.resolve("parts"))).isEqualTo(files(dir.resolve("whole")));
  }

  @Test
  void filesThatChangedOrCameAreReadAnew() throws IOException {
    stopAfter("parts", 25, 0);
    Files.copy(
        photos.resolve("person9/29.png"),
        photos.resolve("person1/3.png"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.copy(photos.resolve("person9/28.png"), photos.resolve("person1/39.png"));
    Files.delete(photos.resolve("person12/36.png"));

    PhotoImport.run(options("whole", Fit.crop, 0), Progress.NONE);
    PhotoImport.run(options("parts", Fit.crop, 0), Progress.NONE);

    assertThat(files(dir.resolve("parts"))).isEqualTo(files(dir.resolve("whole")));
  }

  @Test
  void whatBecameOfAFileIsKnownByItsPathSizeAndTime() throws IOException {
    Imported done = new Imported(new byte[] {1, 2}, 3, 4, 5, 6, null, "");
    ImportJournal.Key key = new ImportJournal.Key("a/b", 10, 20);
    for (ImportJournal.Key other :
        List.of(
            new ImportJournal.Key("a/c", 10, 20),
            new ImportJournal.Key("a/b", 11, 20),
            new ImportJournal.Key("a/b", 10, 21))) {
      Files.deleteIfExists(ImportJournal.in(dir));
      try (ImportJournal journal = ImportJournal.open(dir, "x")) {
        assertThat(journal.next(key)).isNull();
        journal.add(key, done);
        journal.add(key, done);
      }
      try (ImportJournal journal = ImportJournal.open(dir, "x")) {
        Imported known = journal.next(key);
        assertThat(known).usingRecursiveComparison().isEqualTo(done);
        assertThat(journal.next(other)).as("%s", other).isNull();
        journal.add(other, done);
        assertThat(journal.next(key)).as("nothing behind it is known").isNull();
      }
      try (ImportJournal journal = ImportJournal.open(dir, "x")) {
        journal.next(key);
        assertThat(journal.next(other)).as("%s", other).isNotNull();
        assertThat(journal.taken()).isEqualTo(2);
      }
    }
  }

  @Test
  void aDamagedJournalGivesTheSamePack() throws IOException {
    System.out.println("seed " + SEED);
    Random random = new Random(SEED);
    PhotoImport.run(options("whole", Fit.crop, 0), Progress.NONE);
    Map<String, String> whole = files(dir.resolve("whole"));
    stopAfter("parts", 30, 0);
    Path journal = dir.resolve("parts/import.part");
    byte[] sound = Files.readAllBytes(journal);
    int first = 8 + java.nio.ByteBuffer.wrap(sound).getInt(); // which import it is
    for (int trial = 0; trial < 60; trial++) {
      byte[] damaged =
          java.util.Arrays.copyOf(sound, first + random.nextInt(sound.length - first) + 1);
      if (trial % 2 == 0) {
        damaged[first + random.nextInt(damaged.length - first)] ^= 1 << random.nextInt(8);
      }
      Path folder = Files.createDirectories(dir.resolve("trial" + trial));
      Files.write(folder.resolve("import.part"), damaged);

      PhotoImport.run(options(folder.getFileName().toString(), Fit.crop, 0), Progress.NONE);

      assertThat(files(folder)).as("seed %d, trial %d", SEED, trial).isEqualTo(whole);
    }
  }

  @Test
  void anotherImportIsRefusedAndTheJournalKept() throws IOException {
    stopAfter("parts", 30, 0);
    byte[] before = Files.readAllBytes(dir.resolve("parts/import.part"));

    assertThatThrownBy(() -> PhotoImport.run(options("parts", Fit.pad, 0), Progress.NONE))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("parts/import.part: holds what an import left that was not through")
        .hasMessageContaining("--fit crop, 3 channels")
        .hasMessageContaining("--fit pad, 3 channels")
        .hasMessageContaining("repeat that one, or remove the file to begin anew");

    assertThatThrownBy(() -> PhotoImport.run(options("parts", Fit.crop, 4), Progress.NONE))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("--open 0 --seed 1")
        .hasMessageContaining("--open 4 --seed 1");

    assertThat(Files.readAllBytes(dir.resolve("parts/import.part"))).isEqualTo(before);
  }

  @Test
  void twoAtATimeAreRefused() throws IOException {
    Path folder = Files.createDirectories(dir.resolve("parts"));
    try (ImportJournal running = ImportJournal.open(folder, "x")) {
      assertThat(running.taken()).isZero();
      assertThatThrownBy(() -> PhotoImport.run(options("parts", Fit.crop, 0), Progress.NONE))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("parts: another import fills this folder");
    }
  }

  @Test
  void oneThatIsRefusedLeavesNothing() throws IOException {
    assertThatThrownBy(() -> PhotoImport.run(options("parts", Fit.crop, 99), Progress.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(dir.resolve("parts")).doesNotExist();
  }
}
