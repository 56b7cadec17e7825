package ffc.core.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
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
      list.encode(out, NDList.Encoding.SAFETENSORS);
      // DJL gives a meaning to names of operator inputs.
      list.forEach(array -> array.setName(null));
    }
  }

  static Map<String, NDArray> read(InputStream in, long size, NDManager manager)
      throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    if (size > 0) {
      for (NDArray array : NDList.decode(manager, in)) {
        arrays.put(array.getName(), array);
      }
    }
    return arrays;
  }
}
