package ffc.formats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's {@code .npy} format, versions 1 to 3, C order.
 *
 * <pre>
 * 0x93 "NUMPY"          magic
 * u8 major, u8 minor    version
 * u16 or u32            header length (u16 in version 1), little-endian
 * header                {'descr': '&lt;f4', 'fortran_order': False, 'shape': (n, d), }, spaces, \n
 * data                  elements, row major
 * </pre>
 *
 * @param type element type
 * @param shape sizes, outermost first
 * @param dataOffset byte at which the elements start
 */
public record Npy(ElementType type, long[] shape, long dataOffset) {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final short ZIP = 'P' | 'K' << 8;
  private static final Pattern DESCRIPTOR = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([^)]*)\\)");

  /**
   * Reads the header alone and checks that the file has the size it tells.
   *
   * @throws IllegalArgumentException if the file is missing, corrupt, truncated, in Fortran order
   *     or of an element type that is not supported
   */
  public static Npy header(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return header(file, channel);
    } catch (IOException e) {
      throw FileParts.unreadable(file, e);
    }
  }

  /** What to say of a file that holds several arrays, {@code .npz}. */
  public static String severalArrays(Path file) {
    return file
        + ": a zip of arrays (.npz), wanted a single array: numpy.save('x.npy',"
        + " numpy.load('x.npz')['NAME'])";
  }

  /** Reads a whole array of less than 2 GiB; errors as {@link #header}. */
  public static HostTensor read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      Npy header = header(file, channel);
      long bytes = HostTensor.bytes(header.type, header.shape);
      if (bytes > Integer.MAX_VALUE - 8) {
        throw corrupt(file, "got " + bytes + " bytes of data, wanted under 2 GiB");
      }
      return new HostTensor(
          header.type, header.shape, FileParts.read(channel, header.dataOffset, (int) bytes));
    } catch (IOException e) {
      throw FileParts.unreadable(file, e);
    }
  }

  /** Writes a whole array, aside and renamed. */
  public static void write(Path file, HostTensor tensor) {
    Iterator<ByteBuffer> whole = List.of(tensor.data().duplicate()).iterator();
    write(file, tensor.type(), whole, tensor.shape());
  }

  /**
   * Writes an array of any size piece by piece, aside and renamed.
   *
   * @param pieces its elements, little-endian, row major; a piece may be overwritten by the next
   * @throws IllegalArgumentException if they are not as many as the shape says
   */
  public static void write(
      Path file, ElementType type, Iterator<ByteBuffer> pieces, long... shape) {
    write(
        file,
        type,
        out -> {
          while (pieces.hasNext()) {
            out.accept(pieces.next());
          }
        },
        shape);
  }

  /** Writes the elements of an array, piece by piece. */
  public interface Body {
    void writeTo(Consumer<ByteBuffer> out);
  }

  private static void writeFully(FileChannel channel, ByteBuffer piece) {
    try {
      WholeFile.writeFully(channel, piece);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes an array of any size as its elements come, aside and renamed.
   *
   * @param body writes the elements behind the header, little-endian, row major
   * @throws IllegalArgumentException if they are not as many as the shape says
   */
  public static void write(Path file, ElementType type, Body body, long... shape) {
    long wanted = HostTensor.bytes(type, shape);
    WholeFile.create(
        file,
        channel -> {
          WholeFile.writeFully(channel, headerBytes(type, shape));
          long begin = channel.position();
          try {
            body.writeTo(piece -> writeFully(channel, piece));
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
          if (channel.position() - begin != wanted) {
            throw new IllegalArgumentException(
                file + ": got " + (channel.position() - begin) + " bytes, wanted " + wanted);
          }
        });
  }

  /** The header of an array, padded so that the data start at a multiple of 64. */
  static ByteBuffer headerBytes(ElementType type, long... shape) {
    if (type.numpy() == null) {
      throw new IllegalArgumentException("NumPy has no element type " + type);
    }
    String sizes = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", "));
    String header =
        String.format(
            Locale.ROOT,
            "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }",
            type.numpy(),
            sizes,
            shape.length == 1 ? "," : "");
    int total = (10 + header.length() + 1 + 63) / 64 * 64;
    ByteBuffer out = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    out.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - 10));
    out.put(header.getBytes(StandardCharsets.US_ASCII));
    while (out.position() < total - 1) {
      out.put((byte) ' ');
    }
    return out.put((byte) '\n').flip();
  }

  private static Npy header(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < 12) {
      throw corrupt(file, "got " + size + " bytes, wanted a header");
    }
    ByteBuffer start = FileParts.read(channel, 0, 12).order(ByteOrder.LITTLE_ENDIAN);
    if (start.getShort(0) == ZIP) {
      throw new IllegalArgumentException(severalArrays(file));
    }
    for (int i = 0; i < MAGIC.length; i++) {
      if (start.get(i) != MAGIC[i]) {
        throw corrupt(file, "offset " + i + ": got another magic, wanted \\x93NUMPY");
      }
    }
    int version = start.get(6);
    if (version < 1 || version > 3) {
      throw corrupt(file, "offset 6: got version " + version + ", wanted 1 to 3");
    }
    int from = version == 1 ? 10 : 12;
    long length = version == 1 ? start.getShort(8) & 0xffff : start.getInt(8) & 0xffffffffL;
    if (length > 1 << 20 || from + length > size) {
      throw corrupt(file, "offset 8: got header length " + length + " in " + size + " bytes");
    }
    String header =
        StandardCharsets.UTF_8.decode(FileParts.read(channel, from, (int) length)).toString();
    String descriptor = field(file, header, DESCRIPTOR, "descr");
    ElementType type = ElementType.ofNumpy(descriptor);
    if (type == null && ElementType.ofNumpy(descriptor.replace('>', '<')) != null) {
      throw corrupt(
          file,
          "got big-endian elements "
              + descriptor
              + ", wanted little-endian ones: numpy.save(file, a.astype('"
              + descriptor.replace('>', '<')
              + "'))");
    }
    if (type == null) {
      throw corrupt(
          file,
          "got element type "
              + descriptor.replaceAll("\\p{Cntrl}", "?")
              + ", wanted such as <f4, <f2 or <i8");
    }
    long[] shape;
    try {
      shape =
          Arrays.stream(field(file, header, SHAPE, "shape").split(","))
              .map(String::trim)
              .filter(number -> !number.isEmpty())
              .mapToLong(Long::parseLong)
              .toArray();
    } catch (NumberFormatException e) {
      throw corrupt(file, "got shape " + e.getMessage());
    }
    if (field(file, header, ORDER, "fortran_order").equals("True") && shape.length > 1) {
      throw corrupt(
          file, "got Fortran order, wanted C order: numpy.save(file, numpy.ascontiguousarray(a))");
    }
    long end;
    try {
      end = Math.addExact(from + length, HostTensor.bytes(type, shape));
    } catch (ArithmeticException | IllegalArgumentException e) {
      throw corrupt(file, "got impossible shape " + Arrays.toString(shape));
    }
    if (end != size) {
      throw corrupt(
          file,
          "got "
              + size
              + " bytes, wanted "
              + end
              + " for "
              + type
              + Arrays.toString(shape)
              + (size < end ? "; it is truncated" : ""));
    }
    return new Npy(type, shape, from + length);
  }

  private static String field(Path file, String header, Pattern pattern, String name) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      // Damage may hold line ends, and a message is one line.
      String quoted = header.trim().replaceAll("\\p{Cntrl}", "?");
      throw corrupt(file, "the header has no valid " + name + ": " + quoted);
    }
    return matcher.group(1);
  }

  private static IllegalArgumentException corrupt(Path file, String problem) {
    return new IllegalArgumentException(file + ": not a usable .npy file: " + problem);
  }
}
