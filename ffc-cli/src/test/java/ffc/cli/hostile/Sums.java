package ffc.cli.hostile;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Damage behind checksums: what guards the file is made to match again. */
final class Sums {
  private static final int BLOCK = 1 << 16;

  private Sums() {}

  /** {@code checksums.txt} of a checkpoint. */
  static void ofCheckpoint(Path folder) throws IOException {
    StringBuilder text = new StringBuilder("ffc-checkpoint 1\n");
    for (Path file : files(folder)) {
      if (!file.endsWith("checksums.txt")) {
        byte[] bytes = Files.readAllBytes(file);
        text.append("%08x %d %s\n".formatted(crc(bytes), bytes.length, file.getFileName()));
      }
    }
    Files.writeString(folder.resolve("checksums.txt"), text);
  }

  /** {@code sums.i32} of an index, and the two sums in its header. */
  static void ofIndex(Path folder) throws IOException {
    Path file = folder.resolve("index.ffc");
    String header = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream sums = new ByteArrayOutputStream();
    StringBuilder text = new StringBuilder();
    for (String line : header.split("\n", -1)) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("file") && words.length == 4 && Files.exists(folder.resolve(words[1]))) {
        byte[] bytes = Files.readAllBytes(folder.resolve(words[1]));
        for (int at = 0; at < bytes.length; at += BLOCK) {
          byte[] block =
              java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + BLOCK));
          sums.writeBytes(
              ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(crc(block)).array());
        }
        int blocks = (bytes.length + BLOCK - 1) / BLOCK;
        text.append("file %s %d %d\n".formatted(words[1], bytes.length, blocks));
      } else if (words[0].equals("sums")) {
        text.append("sums %08x\n".formatted(crc(sums.toByteArray())));
      } else if (!words[0].equals("check") && !line.isEmpty()) {
        text.append(line).append('\n');
      }
    }
    Files.write(folder.resolve("sums.i32"), sums.toByteArray());
    byte[] lines = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    text.append("check %08x\n".formatted(crc(lines)));
    Files.write(file, text.toString().getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The check of an index's header alone, as it stands. */
  static void ofIndexHeader(Path folder) throws IOException {
    Path file = folder.resolve("index.ffc");
    String header = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    int check = header.lastIndexOf("check ");
    String text = check < 0 ? header : header.substring(0, check);
    int crc = crc(text.getBytes(StandardCharsets.ISO_8859_1));
    Files.write(file, (text + "check %08x\n".formatted(crc)).getBytes(StandardCharsets.ISO_8859_1));
  }

  /** A zip file, one member of which is damaged and summed again. */
  static byte[] zip(Path whole, Random random) throws IOException {
    List<ZipEntry> entries = new java.util.ArrayList<>();
    List<byte[]> contents = new java.util.ArrayList<>();
    // Not as a stream, which Java does not read where sizes follow contents that are not
    // compressed.
    try (ZipFile in = new ZipFile(whole.toFile())) {
      for (ZipEntry entry : Collections.list(in.entries())) {
        entries.add(entry);
        contents.add(in.getInputStream(entry).readAllBytes());
      }
    }
    int victim = 0; // most of the structure is in the pickle
    for (int i = 0; i < entries.size(); i++) {
      victim = entries.get(i).getName().endsWith("data.pkl") ? i : victim;
    }
    victim = random.nextInt(4) == 0 ? random.nextInt(entries.size()) : victim;
    contents.set(victim, Damage.binary(contents.get(victim), random));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      for (int i = 0; i < entries.size(); i++) {
        if (random.nextInt(200) == 0) {
          continue; // a member that is missing
        }
        ZipEntry entry = new ZipEntry(entries.get(i).getName());
        CRC32 crc = new CRC32();
        crc.update(contents.get(i));
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(contents.get(i).length);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(contents.get(i));
        out.closeEntry();
      }
    }
    return bytes.toByteArray();
  }

  /** A safetensors file whose header is damaged as text and measured again. */
  static byte[] safetensors(byte[] whole, Random random) {
    int length = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] header = Damage.words(java.util.Arrays.copyOfRange(whole, 8, 8 + length), random);
    ByteBuffer out = ByteBuffer.allocate(whole.length - length + header.length);
    out.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header);
    return out.put(whole, 8 + length, whole.length - 8 - length).array();
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
