package ffc.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.formats.ElementType;
import ffc.formats.Safetensors;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** Named arrays as safetensors. */
final class Tensors {
  private Tensors() {}

  static void write(OutputStream out, Map<String, NDArray> arrays) throws IOException {
    NDList list = new NDList();
    arrays.forEach(
        (name, array) -> {
          array.setName(name);
          list.add(array);
        });
    if (!list.isEmpty()) {
      HostReads.all(list, named -> named.encode(out, NDList.Encoding.SAFETENSORS));
      // DJL gives a meaning to names of operator inputs.
      list.forEach(array -> array.setName(null));
    }
  }

  /**
   * Reads what {@link #write} wrote, strictly: the engine's own codec takes headers at their word.
   *
   * @return arrays of the given manager, f32
   */
  static Map<String, NDArray> read(CheckpointInput in, NDManager manager) throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    if (in.left() == 0) {
      return arrays; // what is written of no arrays at all
    }
    try {
      Safetensors.read(
          in,
          in.left(),
          in.path(),
          (name, tensor) -> {
            if (tensor.type() != ElementType.F32) {
              throw in.bad("key " + name + ": got " + tensor.type() + ", expected F32");
            }
            arrays.put(
                name, Upload.to(manager, tensor.data().asFloatBuffer(), new Shape(tensor.shape())));
          });
    } catch (BadCheckpointException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      String start = in.path() + ": ";
      String message = String.valueOf(e.getMessage());
      throw in.bad(message.startsWith(start) ? message.substring(start.length()) : message);
    }
    return arrays;
  }
}
