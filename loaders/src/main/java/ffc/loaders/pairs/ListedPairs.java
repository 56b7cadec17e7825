package ffc.loaders.pairs;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.VerificationSet;
import ffc.loaders.decode.Images;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.TextLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Verification pairs as a text list of image files: lines {@code pathA pathB 0|1}, the paths parted
 * by a tab where one holds spaces.
 */
public final class ListedPairs implements VerificationSet {
  private static final int LONGEST_LINE = 1 << 16;
  private static final Pattern LINE = Pattern.compile("(.*\\S)\\s+([01])");

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
      String line = lines.text().strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      Matcher fields = LINE.matcher(line);
      String[] paths =
          !fields.matches()
              ? new String[0]
              : fields.group(1).split(fields.group(1).indexOf('\t') >= 0 ? "\t+" : "\\s+", -1);
      if (paths.length != 2) {
        throw lines.fault(
            "wanted \"pathA pathB 0\" or \"pathA pathB 1\", with a tab between the paths if they"
                + " hold spaces");
      }
      try {
        pairs.images.add(folder.resolve(paths[0]));
        pairs.images.add(folder.resolve(paths[1]));
      } catch (InvalidPathException e) {
        throw lines.fault("names no file: " + e.getReason());
      }
      pairs.same.set(pairs.pairs() - 1, fields.group(2).equals("1"));
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

  /** The encoded bytes of an image, unchanged; valid until the calling thread reads again. */
  public ByteBuffer encoded(int image) {
    try {
      return PositionalFile.readWhole(images.get(image));
    } catch (IOException e) {
      throw new BadDataException(images.get(image) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void decode(int image, ImageShape shape, ByteBuffer out, int offset) {
    try {
      Images.decode(encoded(image), shape, out, offset);
    } catch (IOException e) {
      throw new BadDataException(images.get(image) + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {}
}
