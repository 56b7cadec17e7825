package ffc.engine;

import ffc.formats.HostTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript file made of source text and arrays: the zip that {@code torch.jit.save} writes for
 * a module, or as much of it as PyTorch reads.
 *
 * <pre>
 * module/version            "3"
 * module/data.pkl           pickle of an object of class __torch__.Module with its attributes
 * module/constants.pkl      pickle of ()
 * module/code/__torch__.py  the source: class Module(Module) with its methods
 * module/data/N             elements of array N
 * </pre>
 *
 * All entries are stored, not deflated, with one time stamp, so that equal content gives equal
 * bytes.
 */
public final class TorchScriptArchive {
  // protocol 2; ()
  private static final byte[] CONSTANTS = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

  private TorchScriptArchive() {}

  /**
   * Packs a module without arrays.
   *
   * @param source one class named {@code Module}, in the serialised dialect of TorchScript (typed
   *     signatures, attributes {@code __parameters__} and {@code __buffers__})
   */
  static byte[] of(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      write(bytes, source, Map.of(), false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Writes a module with arrays as its attributes and {@code training} off.
   *
   * @param out receives the zip; not closed
   * @param source as for {@link #of}, with a declaration of {@code training : bool} and of each
   *     attribute as {@code name : Tensor}
   * @param attributes arrays by attribute name
   */
  public static void write(OutputStream out, String source, Map<String, HostTensor> attributes)
      throws IOException {
    write(out, source, attributes, true);
  }

  private static void write(
      OutputStream out, String source, Map<String, HostTensor> attributes, boolean training)
      throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out);
    store(zip, "module/version", ascii("3\n"));
    store(zip, "module/data.pkl", ByteBuffer.wrap(ModulePickle.of(attributes, training)));
    store(zip, "module/constants.pkl", ByteBuffer.wrap(CONSTANTS));
    store(
        zip, "module/code/__torch__.py", ByteBuffer.wrap(source.getBytes(StandardCharsets.UTF_8)));
    store(zip, "module/byteorder", ascii("little"));
    int key = 0;
    for (HostTensor array : attributes.values()) {
      store(zip, "module/data/" + key++, array.data().duplicate());
    }
    zip.finish();
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static void store(ZipOutputStream zip, String name, ByteBuffer content)
      throws IOException {
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
