package ffc.core;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.loaders.Cursor;
import java.io.IOException;
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
 */
record TrainerState(
    long step, long images, long skipped, Cursor cursor, String data, double bestValue) {
  private static final String FILE = "state";

  /** The same with another best value. */
  TrainerState withBest(double value) {
    return new TrainerState(step, images, skipped, cursor, data, value);
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
    values.put("data", data);
    values.put("best_value", Double.toString(bestValue));
    out.properties(FILE, values);
  }

  static TrainerState load(CheckpointReader in) throws IOException {
    Map<String, String> values = in.properties(FILE);
    return new TrainerState(
        number(in, values, "step"),
        number(in, values, "images"),
        number(in, values, "skipped_steps"),
        new Cursor(
            number(in, values, "cursor.id_epoch"),
            number(in, values, "cursor.id_position"),
            number(in, values, "cursor.epoch"),
            number(in, values, "cursor.position"),
            number(in, values, "cursor.skipped")),
        values.get("data"),
        Double.parseDouble(values.getOrDefault("best_value", "NaN")));
  }

  private static long number(CheckpointReader in, Map<String, String> values, String key) {
    String value = values.get(key);
    if (value == null || !value.matches("-?[0-9]{1,19}")) {
      throw new IllegalArgumentException(
          in.folder()
              + "/"
              + FILE
              + ".properties: "
              + key
              + " is "
              + value
              + ", expected a number");
    }
    return Long.parseLong(value);
  }
}
