package ffc.loaders.image;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Decodes JPEG by libturbojpeg where the machine has it; confined to one thread. The property
 * {@code ffc.turbojpeg=off} leaves it unused.
 */
final class TurboJpeg {
  private static final int RGB = 0;
  private static final int GRAY = 6;
  private static final Api API = load();

  private final Pointer handle;
  private ByteBuffer input = ByteBuffer.allocateDirect(0);
  private ByteBuffer output = ByteBuffer.allocateDirect(0);
  private byte[] pixels = new byte[0];

  /** Functions of the library, by their C names. */
  private static final class Api {
    native Pointer tjInitDecompress();

    native int tjDecompress2(
        Pointer handle,
        ByteBuffer jpeg,
        NativeLong jpegSize,
        ByteBuffer target,
        int width,
        int pitch,
        int height,
        int pixelFormat,
        int flags);

    native String tjGetErrorStr2(Pointer handle);
  }

  private static Api load() {
    if ("off".equals(System.getProperty("ffc.turbojpeg"))) {
      return null;
    }
    for (String name : new String[] {"turbojpeg", "libturbojpeg.so.0", "libturbojpeg.so"}) {
      try {
        NativeLibrary library =
            NativeLibrary.getInstance(
                name, Map.of(Library.OPTION_CLASSLOADER, TurboJpeg.class.getClassLoader()));
        library.getFunction("tjGetErrorStr2"); // versions before 2.0 lack it
        Native.register(Api.class, library);
        return new Api();
      } catch (LinkageError e) {
        // Not on this machine under this name.
      }
    }
    return null;
  }

  /** Whether the library is there. */
  static boolean available() {
    return API != null;
  }

  TurboJpeg() {
    handle = API.tjInitDecompress();
    if (handle == null) {
      throw new IllegalStateException("libturbojpeg gives no decoder");
    }
  }

  /** Lets go of the buffers. */
  void trim() {
    input = ByteBuffer.allocateDirect(0);
    output = ByteBuffer.allocateDirect(0);
    pixels = new byte[0];
  }

  /**
   * Decodes a stream of the given shape.
   *
   * @param gray whether it has one component instead of three
   */
  void decode(ByteBuffer encoded, boolean gray, ImageShape shape, Pixels out) throws IOException {
    int size = encoded.remaining();
    if (input.capacity() < size) {
      input = ByteBuffer.allocateDirect(Math.max(size, 1 << 16));
    }
    input.clear().put(encoded.duplicate()).flip();
    int format = gray ? GRAY : RGB;
    int channels = gray ? 1 : 3;
    int bytes = shape.height() * shape.width() * channels;
    if (output.capacity() < bytes) {
      output = ByteBuffer.allocateDirect(bytes);
      pixels = new byte[bytes];
    }
    int failed =
        API.tjDecompress2(
            handle,
            input,
            new NativeLong(size),
            output,
            shape.width(),
            0,
            shape.height(),
            format,
            0);
    if (failed != 0) {
      String message = API.tjGetErrorStr2(handle);
      // The library calls a fatal error a warning if a warning came before: judge by the message.
      if (JpegDecoder.isFault(message)) {
        throw new IOException("corrupt JPEG: " + message);
      }
    }
    output.get(0, pixels, 0, bytes);
    if (gray) {
      out.gray(pixels, shape);
    } else {
      out.colours(pixels, 0, shape);
    }
  }
}
