package ffc.core.ffc;

import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointInput;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Rows;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * File {@code group.bin} of a checkpoint: the method's steps as i64, then the group.
 *
 * @param step steps completed
 * @param group at that step
 */
record GroupFile(long step, IdGroup group) {
  private static final String NAME = "group.bin";

  static void write(CheckpointWriter out, long step, IdGroup group) throws IOException {
    try (DataOutputStream file = out.file(NAME, 1)) {
      file.writeLong(step);
      group.save(file);
    }
  }

  /**
   * @param rows become the group's own
   * @throws BadCheckpointException if the file makes no sense, or is of a group of another shape
   */
  static GroupFile read(CheckpointReader in, Rows rows) throws IOException {
    try (CheckpointInput file = in.file(NAME, 1)) {
      long step = file.readLong();
      IdGroup group;
      try {
        group = IdGroup.load(file, rows);
      } catch (BadCheckpointException e) {
        throw e;
      } catch (IllegalArgumentException e) {
        throw file.bad(e.getMessage());
      }
      if (step < 0) {
        throw file.bad("step " + step);
      }
      file.expectEnd();
      return new GroupFile(step, group);
    }
  }
}
