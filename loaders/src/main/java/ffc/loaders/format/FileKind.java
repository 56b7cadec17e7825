package ffc.loaders.format;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Files that are often given in place of a set, told by their first bytes. */
public final class FileKind {
  /** Of samples, as some sets are. */
  public static final String TAR = "a tar archive";

  /** Of columns, as some sets are. */
  public static final String PARQUET = "a Parquet file";

  private static final String GZIP = "a gzip archive";
  private static final String ZIP = "a zip archive";

  private record Kind(String name, int at, String bytes) {}

  /** Written as ISO-8859-1. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind(TAR, 257, "ustar"), // before others: it begins with the name of a file
          new Kind("a PNG image", 0, "\u0089PNG"),
          new Kind("a JPEG image", 0, "\u00ff\u00d8\u00ff"),
          new Kind("a GIF image", 0, "GIF8"),
          new Kind("a WebP image", 8, "WEBP"),
          new Kind("a TIFF image", 0, "II*\0"),
          new Kind("a TIFF image", 0, "MM\0*"),
          new Kind("a PDF document", 0, "%PDF"),
          new Kind(ZIP, 0, "PK\u0003\u0004"),
          new Kind(GZIP, 0, "\u001f\u008b"),
          new Kind(PARQUET, 0, "PAR1"),
          new Kind("a NumPy array", 0, "\u0093NUMPY"),
          new Kind("an HDF5 file", 0, "\u0089HDF"));

  private FileKind() {}

  /** What a file is, if it is none that a set is read from. */
  static Optional<String> of(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    String head;
    try (InputStream in = Files.newInputStream(file)) {
      head = new String(in.readNBytes(262), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return Optional.empty(); // whoever reads it says why it cannot be read
    }
    return KINDS.stream()
        .filter(kind -> head.startsWith(kind.bytes(), kind.at()))
        .map(Kind::name)
        .findFirst();
  }

  /**
   * Refuses a file that is something else altogether.
   *
   * @param wanted what it should be
   * @throws BadDataException with what it is
   */
  public static void refuseForeign(Path file, String wanted) {
    refuseForeign(file, wanted, "");
  }

  /**
   * Refuses a file that is something else altogether.
   *
   * @param wanted what it should be
   * @param taken kind that is not refused
   * @throws BadDataException with what it is
   */
  public static void refuseForeign(Path file, String wanted, String taken) {
    of(file)
        .filter(kind -> !kind.equals(taken))
        .ifPresent(
            kind -> {
              throw new BadDataException(
                  "%s: is %s, wanted %s%s".formatted(file, kind, wanted, wayOut(kind)));
            });
  }

  private static String wayOut(String kind) {
    if (kind.endsWith("image")) {
      return "; of single images, give the folder that holds a folder for each identity";
    }
    return switch (kind) {
      case TAR ->
          "; tars of samples have the format webdataset, one of folders is made into a pack"
              + " by ./ffc data import";
      case PARQUET -> "; Parquet files of images and labels have the format parquet";
      case GZIP ->
          "; a packed tar cannot be read in place: unpack it by gunzip, or make a pack of"
              + " folders in it by ./ffc data import";
      case ZIP -> "; ./ffc data import makes a pack of the folders in it";
      default -> "";
    };
  }
}
