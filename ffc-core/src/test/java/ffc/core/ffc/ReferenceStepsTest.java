package ffc.core.ffc;

import ffc.core.method.Method;
import ffc.core.train.ReferenceRun;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Five steps of FFC in the real loop against plain PyTorch: bench/reference_steps.py. */
public class ReferenceStepsTest {
  @TempDir Path folder;

  static List<ReferenceRun> cases() {
    return ReferenceRun.all(ReferenceStepsTest.class);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void stepsAreThoseOfTheReference(ReferenceRun reference) throws IOException {
    FfcConfig config = reference.method(FfcConfig.class);
    reference.check(
        folder,
        context -> {
          Method method = config.create(context);
          reference.inspect(() -> arrays(method.group()));
          return method;
        });
  }

  private static Map<String, float[]> arrays(IdGroup group) {
    int n = group.occupied();
    float[] ids = new float[n];
    float[] order = new float[n];
    float[] next = new float[n];
    int[] slots = group.slotsMostRecentFirst();
    for (int slot = 0; slot < n; slot++) {
      ids[slot] = group.idAt(slot);
      order[slot] = slots[slot];
      next[slot] = group.nextRow(slot);
    }
    Map<String, float[]> arrays = new LinkedHashMap<>();
    arrays.put("group/ids", ids);
    arrays.put("group/order", order);
    arrays.put("group/rows0", values(group.row0(), n));
    if (group.row1() != null) {
      arrays.put("group/rows1", values(group.row1(), n));
      arrays.put("group/next", next);
    }
    return arrays;
  }

  private static float[] values(Rows rows, int n) {
    FloatRows copy = new FloatRows(n, rows.dim());
    for (int row = 0; row < n; row++) {
      rows.copyRow(row, copy, row);
    }
    return copy.values();
  }
}
