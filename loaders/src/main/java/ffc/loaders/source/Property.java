package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.TextLines;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The {@code property} file of an InsightFace pack, one line {@code classes,height,width}. {@code
 * stem.property} beside {@code stem.rec} wins over {@code property}.
 */
record Property(Path path, long identities, int height, int width) {

  static Optional<Property> beside(Path rec) {
    String name = rec.getFileName().toString();
    String stem = name.endsWith(".rec") ? name.substring(0, name.length() - 4) : name;
    for (String candidate : new String[] {stem + ".property", "property"}) {
      Path path = rec.resolveSibling(candidate);
      if (Files.exists(path)) {
        return Optional.of(parse(path));
      }
    }
    return Optional.empty();
  }

  private static Property parse(Path path) {
    TextLines lines = new TextLines(MappedFile.open(path), 0, 1024);
    String text = lines.next() ? lines.text().strip() : "";
    String[] fields = text.split(",", -1);
    try {
      if (fields.length == 3) {
        return new Property(
            path,
            Long.parseLong(fields[0].strip()),
            Integer.parseInt(fields[1].strip()),
            Integer.parseInt(fields[2].strip()));
      }
    } catch (NumberFormatException e) {
      // Falls through to the message that quotes the whole line.
    }
    throw new BadDataException(
        "%s: got \"%s\", wanted \"classes,height,width\""
            .formatted(path, text.replaceAll("\\p{Cntrl}", "?")));
  }
}
