package ffc.core.train;

import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.loaders.data.Cursor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a run stands: the part of a checkpoint that is plain numbers.
 *
 * @param step steps completed
 * @param images images trained on
 * @param skipped steps dropped because something was not finite
 * @param cursor of the loaders
 * @param data fingerprint of the training set
 * @param bestValue best value of the figure named by {@code run.best}; NaN if none
 * @param evaluated whether the evaluations due after this step are through; not when a checkpoint
 *     is written before them
 */
record TrainerState(
    long step,
    long images,
    long skipped,
    Cursor cursor,
    String data,
    double bestValue,
    boolean evaluated) {
  private static final String FILE = "state";

  /** Beside the files of a checkpoint that was written before its evaluations: what they gave. */
  private static final String NOTE = "evaluated.txt";

  private static final String NOTE_START = "best_value=";

  /** The same with another best value. */
  TrainerState withBest(double value) {
    return new TrainerState(step, images, skipped, cursor, data, value, evaluated);
  }

  /** The same before or after its evaluations. */
  TrainerState withEvaluated(boolean value) {
    return new TrainerState(step, images, skipped, cursor, data, bestValue, value);
  }

  /** Notes with the checkpoint of this step that its evaluations are through. */
  void noteEvaluated(Path checkpoint) throws IOException {
    CheckpointWriter.note(checkpoint, NOTE, NOTE_START + bestValue + "\n");
  }

  void save(CheckpointWriter out) throws IOException {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("step", Long.toString(step));
    values.put("images", Long.toString(images));
    values.put("skipped_steps", Long.toString(skipped));
    values.put("cursor.id_epoch", Long.toString(cursor.idEpoch()));
    values.put("cursor.id_position", Long.toString(cursor.idPosition()));
    values.put("cursor.epoch", Long.toString(cursor.epoch()));
    values.put("cursor.position", Long.toString(cursor.position()));
    values.put("cursor.skipped", Long.toString(cursor.skipped()));
    values.put("cursor.step", Long.toString(cursor.step()));
    values.put("data", data);
    values.put("best_value", Double.toString(bestValue));
    values.put("evaluated", Boolean.toString(evaluated));
    out.properties(FILE, values);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws BadCheckpointException if a number is missing or out of its range
   */
  static TrainerState load(CheckpointReader in) throws IOException {
    Map<String, String> values = in.properties(FILE);
    TrainerState state =
        new TrainerState(
            number(in, values, "step"),
            number(in, values, "images"),
            number(in, values, "skipped_steps"),
            new Cursor(
                number(in, values, "cursor.id_epoch"),
                number(in, values, "cursor.id_position"),
                number(in, values, "cursor.epoch"),
                number(in, values, "cursor.position"),
                number(in, values, "cursor.skipped"),
                // Older checkpoints have the step alone.
                number(in, values, values.containsKey("cursor.step") ? "cursor.step" : "step")),
            text(in, values, "data", ".+"),
            real(in, values.getOrDefault("best_value", "NaN")),
            // Older checkpoints were written after the evaluations.
            !values.getOrDefault("evaluated", "true").equals("false"));
    return state.evaluated ? state : state.withNote(in);
  }

  private TrainerState withNote(CheckpointReader in) {
    String note = in.note(NOTE).strip();
    return note.startsWith(NOTE_START) && isReal(note.substring(NOTE_START.length()))
        ? withBest(Double.parseDouble(note.substring(NOTE_START.length()))).withEvaluated(true)
        : this;
  }

  private static long number(CheckpointReader in, Map<String, String> values, String key) {
    return Long.parseLong(text(in, values, key, "[0-9]{1,18}"));
  }

  private static double real(CheckpointReader in, String value) {
    if (!isReal(value)) {
      throw new BadCheckpointException(
          in.folder() + "/" + FILE + ".properties: best_value is " + value + ", expected a number");
    }
    return Double.parseDouble(value);
  }

  private static boolean isReal(String value) {
    return value.matches("NaN|-?[0-9]{1,20}(\\.[0-9]{1,20})?([eE]-?[0-9]{1,3})?");
  }

  private static String text(
      CheckpointReader in, Map<String, String> values, String key, String wanted) {
    String value = values.get(key);
    if (value == null || !value.matches(wanted)) {
      throw new BadCheckpointException(
          in.folder()
              + "/"
              + FILE
              + ".properties: "
              + key
              + (value == null ? " is missing" : " is '" + value + "', expected a number from 0"));
    }
    return value;
  }
}
