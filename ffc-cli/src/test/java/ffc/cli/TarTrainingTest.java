package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.runs.record.JsonLines;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quick start as it is shipped, on its images in tars in place of the pack. */
class TarTrainingTest {
  private static final String PACK = "../data/quickstart/open.rec";

  @TempDir Path temp;

  private List<String> losses(String run, String format, String path) throws IOException {
    StoredRun.Outcome outcome =
        ffc(
            "train",
            "../configs/quickstart.yaml",
            "--out=" + temp.resolve(run),
            "--set=data.train.format=" + format,
            "--set=data.train.path=" + path,
            "--set=evaluate=[]",
            "--set=run.steps=4",
            "--set=run.reportEvery=1");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return JsonLines.read(temp.resolve(run).resolve("steps.jsonl")).stream()
        .map(line -> line.path("step") + " " + line.path("loss"))
        .toList();
  }

  @Test
  void shardsGiveTheLossesOfThePackThatHoldsTheSame() throws IOException {
    Path shards = Files.createDirectory(temp.resolve("shards"));
    try (Dataset data = DataSets.open(new DataConfig.Source("recordio", PACK))) {
      int each = (int) data.images() / 3 + 1;
      for (int shard = 0; shard < 3; shard++) {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        for (int i = shard * each; i < Math.min(data.images(), (shard + 1) * each); i++) {
          ByteBuffer image = data.encoded(i);
          byte[] bytes = new byte[image.remaining()];
          image.get(bytes);
          add(tar, "%06d.png".formatted(i), bytes);
          String label = "{\"label\": %d}".formatted(data.identityOf(i));
          add(tar, "%06d.json".formatted(i), label.getBytes(StandardCharsets.UTF_8));
        }
        tar.write(new byte[1024]);
        Files.write(shards.resolve("%02d.tar".formatted(shard)), tar.toByteArray());
      }
    }
    List<String> pack = losses("pack", "recordio", PACK);
    assertThat(pack).hasSize(4);
    assertThat(losses("range", "webdataset", shards + "/{00..02}.tar")).isEqualTo(pack);
    Path index = temp.resolve("made-index");
    assertThat(ffc("data", "index", shards.toString(), "--out=" + index).code()).isZero();
    assertThat(losses("index", "index", index.toString())).isEqualTo(pack);
  }

  /** A file as the seventh edition of Unix writes it. */
  private static void add(ByteArrayOutputStream tar, String name, byte[] content) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 124, String.format(Locale.ROOT, "%011o", content.length));
    put(header, 148, "        ");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, String.format(Locale.ROOT, "%06o\0", sum));
    tar.writeBytes(header);
    tar.writeBytes(content);
    tar.writeBytes(new byte[(512 - content.length % 512) % 512]);
  }

  private static void put(byte[] header, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, at, bytes.length);
  }
}
