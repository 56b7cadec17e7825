package ffc.cli.record;

import ffc.core.eval.Embeddings;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * NumPy files, version 1.0.
 *
 * <pre>
 * file   = "\x93NUMPY", u8 1, u8 0, u16 length, header, data
 * header = "{'descr': '&lt;f4', 'fortran_order': False, 'shape': (n, d), }", spaces, newline
 *          so that data begin at a multiple of 64 bytes
 * data   = little-endian, row by row
 * </pre>
 */
public final class Npy {
  private static final int ROWS = 1024;

  private Npy() {}

  private interface Content {
    void write(OutputStream out) throws IOException;
  }

  /** Writes the rows as f32 [size, dim]. */
  public static void rows(Path file, Embeddings embeddings) throws IOException {
    int dim = embeddings.dim();
    write(
        file,
        header("<f4", "(" + embeddings.size() + ", " + dim + ")"),
        out -> {
          float[] rows = new float[ROWS * dim];
          ByteBuffer bytes = ByteBuffer.allocate(4 * rows.length).order(ByteOrder.LITTLE_ENDIAN);
          for (int from = 0; from < embeddings.size(); from += ROWS) {
            int count = Math.min(ROWS, embeddings.size() - from);
            embeddings.read(from, count, rows, 0);
            bytes.clear().asFloatBuffer().put(rows, 0, count * dim);
            out.write(bytes.array(), 0, 4 * count * dim);
          }
        });
  }

  /** Writes the identities as i64 [size]. */
  public static void labels(Path file, Embeddings embeddings) throws IOException {
    write(
        file,
        header("<i8", "(" + embeddings.size() + ",)"),
        out -> {
          ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
          for (int row = 0; row < embeddings.size(); row++) {
            bytes.putLong(0, embeddings.label(row));
            out.write(bytes.array());
          }
        });
  }

  private static byte[] header(String type, String shape) {
    String text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    int padded = (10 + text.length() + 1 + 63) / 64 * 64;
    text = text + " ".repeat(padded - 10 - text.length() - 1) + "\n";
    ByteBuffer header = ByteBuffer.allocate(padded).order(ByteOrder.LITTLE_ENDIAN);
    header.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    header.put((byte) 1).put((byte) 0).putShort((short) text.length());
    return header.put(text.getBytes(StandardCharsets.US_ASCII)).array();
  }

  private static void write(Path file, byte[] header, Content content) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".writing");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(aside), 1 << 16)) {
      out.write(header);
      content.write(out);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
