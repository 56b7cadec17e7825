package ffc.loaders.remote;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * An object that was opened cannot be read any more. It is no fault of an image, which a budget
 * could bear: whoever reads on would miss all that follows.
 */
public final class RemoteException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what, where, why, in one line
   */
  RemoteException(String message) {
    super(message, new IOException(message));
  }
}
