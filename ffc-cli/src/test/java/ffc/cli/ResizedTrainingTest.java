package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.JsonLines;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of pictures of many sizes, trained on without an import: {@code data.resize}. */
class ResizedTrainingTest {
  @TempDir Path temp;
  private Path photos;

  @BeforeEach
  void photographs() throws IOException {
    photos = temp.resolve("photos");
    Random random = new Random(3);
    for (int i = 0; i < 160; i++) {
      Path file = photos.resolve("person %d/%d.png".formatted(i / 4, i));
      Files.createDirectories(file.getParent());
      ImageIO.write(picture(i / 4, 30 + random.nextInt(60), 24 + i % 70), "png", file.toFile());
    }
  }

  private static BufferedImage picture(int person, int height, int width) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int level = (int) (128 + 100 * Math.sin(x * (0.1 + 0.01 * person) + y * 0.05 * person));
        image.setRGB(x, y, level << 16 | (255 - level) << 8 | level);
      }
    }
    return image;
  }

  private StoredRun.Outcome train(String run, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "train",
                StoredRun.SMALL.toString(),
                "--out=" + temp.resolve(run),
                "--set=optimizer.schedule.type=constant",
                "--set=data.train.format=folder",
                "--set=data.train.path=" + photos));
    line.addAll(List.of(more));
    return ffc(line.toArray(String[]::new));
  }

  private List<String> losses(String run) throws IOException {
    return JsonLines.read(temp.resolve(run).resolve("steps.jsonl")).stream()
        .map(line -> line.path("step") + " " + line.path("loss"))
        .toList();
  }

  @Test
  void aResumedRunHasTheLossesOfAnUnbrokenOne() throws IOException {
    String crop = "--set=data.resize=crop";
    StoredRun.Outcome whole = train("whole", crop, "--set=run.steps=6");
    assertThat(whole.code()).as(whole.toString()).isZero();
    assertThat(whole.out())
        .containsPattern(
            "data.resize crop: 3\\d of 32 images looked at are scaled, in [0-9.]+ ms each, up to"
                + " [0-9,]+ images/s by data.workers \\d+; ./ffc data import scales once");
    assertThat(train("parts", crop, "--set=run.steps=3", "--set=data.workers=3").code()).isZero();
    Path parts = temp.resolve("parts");
    StoredRun.Outcome other =
        ffc("train", "--resume", parts.toString(), "--set=run.steps=6", "--set=data.resize=pad");
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains("data.resize");
    assertThat(ffc("train", "--resume", parts.toString(), "--set=run.steps=6").code()).isZero();
    assertThat(losses("parts")).isEqualTo(losses("whole")).isNotEmpty();

    assertThat(train("padded", "--set=data.resize=pad", "--set=run.steps=6").code()).isZero();
    assertThat(losses("padded")).isNotEqualTo(losses("whole"));

    StoredRun.Outcome judged =
        ffc("eval", "--checkpoint=" + temp.resolve("whole"), "--data=" + photos);
    assertThat(judged.code()).as(judged.toString()).isZero();
    Path rows = temp.resolve("rows.npy");
    assertThat(
            ffc(
                    "embed",
                    "--checkpoint=" + temp.resolve("whole"),
                    "--data=" + photos,
                    "--out=" + rows)
                .code())
        .isZero();
    Path page = temp.resolve("page.html");
    StoredRun.Outcome found =
        ffc(
            "search",
            "--checkpoint=" + temp.resolve("whole"),
            "--gallery=" + photos,
            "--query=" + photos.resolve("person 7/29.png"),
            "--out=" + page);
    assertThat(found.code()).as(found.toString()).isZero();
    assertThat(found.out()).contains("29.png (the same file)");
  }

  /** Of one size already, and seen lying on their side: taken as stored, but not in silence. */
  @Test
  void offTellsOfPicturesThatItDoesNotTurn() throws IOException {
    Path sized = temp.resolve("sized");
    for (int i = 0; i < 80; i++) {
      Path file = sized.resolve("person %d/%d.png".formatted(i / 4, i));
      Files.createDirectories(file.getParent());
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(picture(i / 4, 32, 32), "png", png);
      Files.write(file, i % 2 == 0 ? png.toByteArray() : turned(png.toByteArray()));
    }
    String told = "of 32 images looked at say by EXIF how they are to be turned";
    String path = "--set=data.train.path=" + sized;
    StoredRun.Outcome off = train("off", path, "--set=run.steps=2");
    assertThat(off.code()).as(off.toString()).isZero();
    assertThat(off.out()).contains("data.resize off: ", told, "are taken as they are stored");
    StoredRun.Outcome crop = train("crop", path, "--set=run.steps=2", "--set=data.resize=crop");
    assertThat(crop.code()).as(crop.toString()).isZero();
    assertThat(crop.out()).contains("have the size already").doesNotContain(told);
    assertThat(losses("crop")).isNotEqualTo(losses("off"));
  }

  /** The same PNG with a chunk of EXIF behind its header: orientation 6. */
  private static byte[] turned(byte[] png) {
    String exif = "65584966" + "4d4d002a00000008" + "0001" + "0112000300000001" + "00060000";
    byte[] chunk = HexFormat.of().parseHex(exif);
    CRC32 sum = new CRC32();
    sum.update(chunk);
    return ByteBuffer.allocate(png.length + chunk.length + 8)
        .put(png, 0, 33)
        .putInt(chunk.length - 4)
        .put(chunk)
        .putInt((int) sum.getValue())
        .put(png, 33, png.length - 33)
        .array();
  }

  @Test
  void offRefusesWithTheSettingBeforeAnythingIsMade() {
    StoredRun.Outcome outcome = train("none");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err().strip().lines()).hasSize(1);
    assertThat(outcome.err())
        .containsPattern(
            "is \\d+x\\d+ \\(height x width\\), as 3\\d of 32 images looked at are not 32x32:"
                + " data.resize crop, pad or stretch scales them whenever they are read");
    assertThat(temp.resolve("none")).doesNotExist();
    StoredRun.Outcome wrong = train("none", "--set=data.resize=squeeze");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("data.resize", "off, crop, pad, stretch");
  }
}
