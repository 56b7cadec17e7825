package ffc.core.train;

import ffc.core.loss.Losses;
import ffc.loaders.data.Cursor;
import java.nio.file.Path;

/** A loss or gradient that is NaN or infinite; nothing was changed by the step. */
public final class NonFiniteException extends RuntimeException {
  private static final long serialVersionUID = 1;

  NonFiniteException(
      long step, Losses losses, double gradientNorm, Cursor cursor, Path lastCheckpoint) {
    super(
        "step "
            + step
            + ": "
            + (Double.isFinite(losses.total())
                ? "gradient norm " + gradientNorm
                : "loss " + losses.terms())
            + " is not finite, at "
            + cursor
            + "; "
            + (lastCheckpoint == null
                ? "no checkpoint was written yet"
                : "last good checkpoint: " + lastCheckpoint)
            + ". Lower optimizer.learningRate, set optimizer.clipNorm, or run.onNonFinite: skip");
  }
}
