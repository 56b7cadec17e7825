package ffc.core.script;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript file made of source text: the zip that {@code torch.jit.save} writes for a module
 * without parameters, or as much of it as PyTorch reads.
 *
 * <pre>
 * module/version            "3"
 * module/data.pkl           pickle of an object of class __torch__.Module with empty state
 * module/constants.pkl      pickle of ()
 * module/code/__torch__.py  the source: class Module(Module) with its methods
 * </pre>
 *
 * All entries are stored, not deflated.
 */
final class TorchScriptArchive {
  // protocol 2; global __torch__ Module; (); new object; {}; build; stop
  private static final byte[] DATA =
      "\u0080\u0002c__torch__\nModule\n)\u0081}b.".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] CONSTANTS = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);

  private TorchScriptArchive() {}

  /**
   * Packs a module.
   *
   * @param source one class named {@code Module}, in the serialised dialect of TorchScript (typed
   *     signatures, attributes {@code __parameters__} and {@code __buffers__})
   */
  static byte[] of(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "module/version", "3\n".getBytes(StandardCharsets.US_ASCII));
      store(zip, "module/data.pkl", DATA);
      store(zip, "module/constants.pkl", CONSTANTS);
      store(zip, "module/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
