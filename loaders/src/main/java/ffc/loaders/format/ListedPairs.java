package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.ImageShape;
import ffc.loaders.VerificationSet;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.store.MappedFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Verification pairs as a text list of image files. */
public final class ListedPairs implements VerificationSet {
  private static final int LONGEST_LINE = 1 << 16;

  private final Path list;
  private final List<Path> images = new ArrayList<>();
  private final BitSet same = new BitSet();

  private ListedPairs(Path list) {
    this.list = list;
  }

  /** Opens a list; the images are opened when they are read. */
  public static ListedPairs open(Path list, Path folder) {
    ListedPairs pairs = new ListedPairs(list);
    TextLines lines = new TextLines(MappedFile.open(list), 0, LONGEST_LINE);
    while (lines.next()) {
      String line = new String(lines.bytes(), 0, lines.length(), StandardCharsets.UTF_8).strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String[] fields = line.split("\\s+", -1);
      if (fields.length != 3 || !(fields[2].equals("0") || fields[2].equals("1"))) {
        throw lines.fault("wanted \"pathA pathB 0\" or \"pathA pathB 1\"");
      }
      try {
        pairs.images.add(folder.resolve(fields[0]));
        pairs.images.add(folder.resolve(fields[1]));
      } catch (InvalidPathException e) {
        throw lines.fault("names no file: " + e.getReason());
      }
      pairs.same.set(pairs.pairs() - 1, fields[2].equals("1"));
    }
    if (pairs.images.isEmpty()) {
      throw new BadDataException(list + ": no pair in it");
    }
    return pairs;
  }

  @Override
  public String name() {
    return list.toString();
  }

  @Override
  public int pairs() {
    return images.size() / 2;
  }

  @Override
  public boolean same(int pair) {
    return same.get(pair);
  }

  /** The encoded bytes of an image, unchanged. */
  public ByteBuffer encoded(int image) {
    try {
      return FileSource.readFile(images.get(image));
    } catch (IOException e) {
      throw new BadDataException(images.get(image) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void decode(int image, ImageShape shape, ByteBuffer out, int offset) {
    try {
      ImageDecoder.ofThread().decode(encoded(image), shape, out, offset);
    } catch (IOException e) {
      throw new BadDataException(images.get(image) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {}
}
