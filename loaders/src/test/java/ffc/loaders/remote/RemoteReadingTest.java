package ffc.loaders.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormats;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.TestPacks;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.tar.TestTars;
import ffc.loaders.tools.DataVerify;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sets behind addresses beside the same sets on the disk. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class RemoteReadingTest {
  private static final int IMAGES = 300;
  private static final Progress SILENT = (work, done, total) -> {};

  @TempDir Path dir;
  private FaultyServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new FaultyServer();
    keep(64);
  }

  private static void keep(int blocks) {
    RemoteObject.forget();
    Blocks.share(new Blocks(new Requests(Patience.USUAL, new Access(null), line -> {}), blocks));
  }

  @AfterEach
  void stop() {
    server.close();
    Blocks.share(null);
    RemoteObject.forget();
  }

  private Path pack() throws IOException {
    Path rec = dir.resolve("train 1.rec");
    try (TestPacks.Writer pack = new TestPacks.Writer(rec)) {
      for (int i = 0; i < IMAGES; i++) {
        pack.image(i, i / 4, TestPacks.png(i, 8 + i % 40, 56));
      }
    }
    Files.writeString(dir.resolve("property"), IMAGES / 4 + ",56,56\n");
    StringBuilder names = new StringBuilder("label\tidentity\timages\n");
    for (int i = 0; i < IMAGES / 4; i++) {
      names.append(i).append("\tperson ").append(i).append("\t4\n");
    }
    Files.writeString(dir.resolve("train 1.labels.tsv"), names);
    for (String file :
        new String[] {"train 1.rec", "train 1.idx", "train 1.labels.tsv", "property"}) {
      server.objects.put("some sets/" + file, Files.readAllBytes(dir.resolve(file)));
    }
    return rec;
  }

  private static void same(Dataset remote, Dataset local) {
    assertThat(remote.images()).isEqualTo(local.images());
    assertThat(remote.fingerprint()).isEqualTo(local.fingerprint());
    assertThat(remote.contentSample()).isEqualTo(local.contentSample());
    for (long image = local.images() - 1; image >= 0; image--) {
      assertThat(remote.encoded(image)).isEqualTo(local.encoded(image));
      assertThat(remote.identityOf(image)).isEqualTo(local.identityOf(image));
    }
    assertThat(remote.identityName(3)).isEqualTo(local.identityName(3));
  }

  @Test
  void aPackIsTheSameToTheByte() throws IOException {
    Path rec = pack();
    String address = server.address("some%20sets/train%201.rec");
    assertThat(DataFormats.at(address).name()).isEqualTo("recordio");
    try (Dataset local = DataSets.open(new DataConfig.Source("recordio", rec.toString()));
        Dataset remote = DataSets.open(new DataConfig.Source("recordio", address))) {
      same(remote, local);
      assertThat(remote.identityName(3)).isEqualTo("person 3");
      assertThat(remote.describe(5)).isEqualTo(local.describe(5).replace(rec.toString(), address));
    }
  }

  @Test
  void aPackWithoutItsListIsWalked() throws IOException {
    Path rec = pack();
    Files.delete(dir.resolve("train 1.idx"));
    server.objects.remove("some sets/train 1.idx");
    try (Dataset local = DataSets.open(new DataConfig.Source("recordio", rec.toString()));
        Dataset remote =
            DataSets.open(
                new DataConfig.Source("recordio", server.address("some%20sets/train%201.rec")))) {
      same(remote, local);
    }
  }

  @Test
  void aRangeOfTarsIsTheSameToTheByte() throws IOException {
    for (int part = 0; part < 3; part++) {
      Path file = dir.resolve("0" + part + ".tar");
      try (TestTars tar = new TestTars(file)) {
        for (int i = 0; i < 50; i++) {
          tar.sample("a/%03d".formatted(i), i % 7, TestPacks.png(50 * part + i, 30, 30));
        }
      }
      server.objects.put("0" + part + ".tar", Files.readAllBytes(file));
    }
    String range = "{00..02}.tar";
    assertThat(DataFormats.at(server.address(range)).name()).isEqualTo("webdataset");
    try (Dataset local =
            DataSets.open(new DataConfig.Source("webdataset", dir.resolve(range).toString()));
        Dataset remote =
            DataSets.open(new DataConfig.Source("webdataset", server.address(range)))) {
      same(remote, local);
    }
    server.objects.remove("01.tar");
    RemoteObject.forget();
    assertThatThrownBy(
            () -> DataSets.open(new DataConfig.Source("webdataset", server.address(range))))
        .hasMessageContaining(server.address("01.tar") + ": no such file");
  }

  @Test
  void anIndexOfAPackOpensWithoutAWalkAndNoticesAnotherVersion() throws IOException {
    Path rec = pack();
    String address = server.address("some%20sets/train%201.rec");
    Path index = dir.resolve("index");
    IndexBuilder.build(new DataConfig.Source("recordio", address), index, 100, SILENT);
    keep(64);
    server.ranges.clear();
    try (Dataset remote = DataSets.open(new DataConfig.Source("index", index.toString()))) {
      assertThat(server.ranges).as("looks alone").allMatch(range -> range.length() <= 1);
      try (Dataset local = DataSets.open(new DataConfig.Source("recordio", rec.toString()))) {
        same(remote, local);
      }
    }
    server.tag = "\"2\"";
    RemoteObject.forget();
    assertThatThrownBy(() -> DataSets.open(new DataConfig.Source("index", index.toString())))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("the source " + address + " changed since it was indexed");
  }

  @Test
  void verifyNamesADamagedRecordBehindAnAddress() throws IOException {
    pack();
    byte[] bytes = server.objects.get("some sets/train 1.rec");
    bytes[2] ^= 1;
    DataConfig.Source set =
        new DataConfig.Source("recordio", server.address("some%20sets/train%201.rec"));
    assertThat(DataVerify.run(set, null, 2, SILENT).faults().get(0))
        .contains("train%201.rec key 0 (offset 0)");
  }

  @Test
  void anyRangeIsThatOfTheObjectAlsoWithFewBlocks() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] object = new byte[9 * Blocks.BYTES + 4321];
    random.nextBytes(object);
    server.objects.put("o", object);
    keep(4);
    List<Thread> readers = new ArrayList<>();
    List<Throwable> failures = new ArrayList<>();
    try (PositionalFile file = PositionalFile.open(server.path("o"))) {
      for (int reader = 0; reader < 4; reader++) {
        Random own = new Random(seed + reader);
        Thread thread =
            new Thread(
                () -> {
                  try {
                    for (int i = 0; i < 50; i++) {
                      int from = own.nextInt(object.length);
                      int length = own.nextInt(Math.min(object.length - from, 700_000) + 1);
                      ByteBuffer got = file.read(from, length);
                      assertThat(got.mismatch(ByteBuffer.wrap(object, from, length))).isEqualTo(-1);
                    }
                  } catch (Throwable e) {
                    synchronized (failures) {
                      failures.add(e);
                    }
                  }
                });
        readers.add(thread);
        thread.start();
      }
      for (Thread thread : readers) {
        thread.join();
      }
    }
    assertThat(failures).as("seed %d", seed).isEmpty();
  }

  @Test
  void whoeverReadsOnHasTheNextBlocksFetchedByFewRequests() throws IOException {
    byte[] object = new byte[64 * Blocks.BYTES];
    server.objects.put("o", object);
    try (PositionalFile file = PositionalFile.open(server.path("o"))) {
      for (int from = 0; from < object.length; from += 10_000) {
        file.read(from, Math.min(10_000, object.length - from));
      }
      assertThat(server.ranges).hasSizeBetween(64 / Blocks.AT_ONCE, 64 / 3);
      server.ranges.clear();
      keep(64);
      Random random = new Random(5);
      for (int i = 0; i < 20; i++) {
        file.read(random.nextInt(32) * 2L * Blocks.BYTES, 10);
      }
      // Here and there: nothing but the block that is wanted.
      assertThat(server.ranges).allMatch(range -> range.length() == Blocks.BYTES);
    }
  }

  @Test
  void noMoreBlocksAreKeptThanTheBound() throws IOException {
    byte[] object = new byte[8 * Blocks.BYTES];
    server.objects.put("o", object);
    keep(3);
    try (PositionalFile file = PositionalFile.open(server.path("o"))) {
      for (int block : new int[] {0, 2, 4, 6, 2, 4, 6}) {
        file.read((long) block * Blocks.BYTES, 10);
      }
      int before = server.ranges.size();
      file.read(0, 10);
      assertThat(server.ranges).hasSize(before + 1);
      file.read(6L * Blocks.BYTES, 10);
      assertThat(server.ranges).as("still there").hasSize(before + 1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:geheim@host/train.rec",
        "https://geheim@host/train.rec",
        "http://host/train.rec?sig=geheim",
        "http://host/train.rec#geheim",
        "http://user:geheim@",
      })
  void secretsInAnAddressAreRefusedAndNotRepeated(String address) {
    assertThatThrownBy(() -> DataFormats.path(address))
        .isInstanceOf(BadDataException.class)
        .hasMessageNotContaining("geheim")
        .hasMessageContaining("***");
    assertThat(RemotePath.masked("--set data.train.path=" + address + " --out x"))
        .doesNotContain("geheim");
  }

  @Test
  void formatsThatAreReadFromDisksAloneAreRefused() {
    assertThatThrownBy(
            () -> DataSets.open(new DataConfig.Source("folder", server.address("pictures"))))
        .hasMessage(
            server.address("pictures")
                + ": format folder is read from disks alone; read from a server are recordio and"
                + " webdataset; ./ffc data import makes a pack of pictures");
    assertThatThrownBy(() -> DataFormats.at(server.address("pictures/")))
        .hasMessageContaining("its format cannot be told");
    assertThat(server.ranges).isEmpty();
  }

  @Test
  void queriesAndCredentialsComeFromTheEnvironment() {
    Access access = new Access("a:80 ?sig=x\nb Bearer t\nc u:p\n");
    assertThat(access.query("a:80")).isEqualTo("?sig=x");
    assertThat(access.authorization("a:80")).isEmpty();
    assertThat(access.authorization("b")).isEqualTo("Bearer t");
    assertThat(access.authorization("c")).isEqualTo("Basic dTpw");
    assertThat(access.query("b") + access.query("other") + access.authorization("other")).isEmpty();
  }

  /** Records of 5,000 bytes in an order by chance, as a shuffled epoch has it. */
  private long fetchedByChance(int blocks) throws IOException {
    byte[] bytes = new byte[300 * Blocks.BYTES];
    Random random = new Random(3);
    random.nextBytes(bytes);
    server.objects.put("large", bytes);
    keep(blocks);
    int before = server.ranges.size();
    try (PositionalFile file = PositionalFile.open(DataFormats.path(server.address("large")))) {
      for (int i = 0; i < 150; i++) {
        int from = random.nextInt(bytes.length - 5000);
        ByteBuffer read = file.read(from, 5000);
        byte[] got = new byte[5000];
        read.get(got);
        assertThat(got).isEqualTo(java.util.Arrays.copyOfRange(bytes, from, from + 5000));
      }
    }
    return server.ranges.stream().skip(before).mapToLong(FaultyServer.Range::length).sum();
  }

  @Test
  void singleRecordsAreFetchedByThemselvesWhereMemoryTakesNotAll() throws IOException {
    long inBlocks = fetchedByChance(300);
    assertThat(inBlocks).isBetween(100L * Blocks.BYTES, 300L * Blocks.BYTES);
    // Beside a block that was just read somebody may read on: some come whole.
    assertThat(fetchedByChance(100)).isBetween(150 * 5000L, inBlocks / 2);
  }

  @Test
  void whoReadsOnHasBlocksWhateverMemoryTakes() throws IOException {
    byte[] bytes = new byte[40 * Blocks.BYTES];
    new Random(4).nextBytes(bytes);
    server.objects.put("large", bytes);
    keep(30);
    int before = server.ranges.size();
    try (PositionalFile file = PositionalFile.open(DataFormats.path(server.address("large")))) {
      for (int from = 0; from < bytes.length; from += 4096) {
        file.read(from, 4096);
      }
    }
    assertThat(server.ranges.size() - before).isLessThan(20);
  }
}
