package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.Place;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Base of sources whose images are files: a place is a row of text that ends with the path. */
abstract class FileSource implements Source {

  /** The folder that paths of a part are relative to. */
  abstract Path root(int part);

  /** The path in a row, and what names the identity in it. */
  abstract String pathIn(String row);

  abstract String identityIn(String row);

  @Override
  public String kind() {
    return "files";
  }

  @Override
  public String identityName(long identity, ImageTable table) {
    return identityIn(row(table, table.identities().firstImage(identity)));
  }

  private static String row(ImageTable table, long image) {
    return table.names().at(Place.offset(table.places().get(image)));
  }

  private Path path(ImageTable table, long image) {
    int part = Place.part(table.places().get(image));
    String row = row(table, image);
    try {
      return root(part).resolve(pathIn(row));
    } catch (InvalidPathException e) {
      throw new BadDataException(name() + ": \"" + row + "\" names no file", e);
    }
  }

  @Override
  public Records records(ImageTable table) {
    return new Records() {
      @Override
      public ByteBuffer read(long image) throws IOException {
        return PositionalFile.readWhole(path(table, image));
      }

      @Override
      public String describe(long image) {
        return path(table, image).toString();
      }

      @Override
      public void close() {}
    };
  }
}
