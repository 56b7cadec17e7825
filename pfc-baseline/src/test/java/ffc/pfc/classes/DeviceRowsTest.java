package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Everything that centres on the host have to do, and what the two have in common. */
class DeviceRowsTest extends ClassCentersTest {
  private static final int E = 7;

  private NDManager device;

  @BeforeEach
  void openDevice() {
    device = NDManager.newBaseManager();
  }

  @AfterEach
  void closeDevice() {
    device.close();
  }

  @Override
  ClassCenters centers(
      ClassRange range, int dim, RowRule rule, boolean dense, TableMemory memory, int threads) {
    memory.close();
    return new ClassCenters(range, dim, 3, rule, dense, device);
  }

  /** Rows of several chunks; of a range that does not begin at 0; some never sampled. */
  @Test
  void moveAsRowsOnTheHostDo() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int classes = 2 * DeviceRows.CHUNK + 77;
    ClassRange range = new ClassRange(50, 50 + classes);
    Autograd.off();
    for (RowRule rule :
        List.of(
            new RowRule.SgdRows(0.9f, true, 1e-2f),
            new RowRule.SgdRows(0.9f, false, 1e-2f),
            new RowRule.SgdRows(0, false, 1e-2f),
            new RowRule.AdamWRows(0.9, 0.99, 1e-8, 0.05))) {
      for (boolean dense : new boolean[] {false, true}) {
        try (TableMemory memory = new TableMemory.Native();
            RowWorkers workers = new RowWorkers(2)) {
          ClassCenters host = new ClassCenters(range, E, 3, rule, dense, memory, workers);
          ClassCenters here = new ClassCenters(range, E, 3, rule, dense, device);
          for (int step = 1; step <= 4; step++) {
            SampledClasses sampled =
                step == 3
                    ? SampledClasses.all(range.from(), range.to())
                    : SampledClasses.of(
                        random.longs(4500, range.from(), range.to()).sorted().distinct().toArray());
            float[] values = new float[sampled.count() * E];
            for (int i = 0; i < values.length; i++) {
              values[i] = (float) random.nextGaussian() / 100; // rows are 0.03 long
            }
            ClassCenters.Gradients gradients =
                (block, worker) -> {
                  int from = block * sampled.block();
                  int to = Math.min(sampled.count(), from + sampled.block());
                  return device.create(
                      Arrays.copyOfRange(values, from * E, to * E), new Shape(to - from, E));
                };
            for (ClassCenters centers : List.of(host, here)) {
              centers.prepare(sampled);
              centers.update(sampled, gradients, 1e-3, step);
            }
            try (NDArray hostME = host.unit(sampled, 3, 2000, device);
                NDArray hereME = here.unit(sampled, 3, 2000, device)) {
              // As near as rows are below, of which these are thirty times as long.
              assertThat(hereME.toFloatArray())
                  .as("seed " + seed + ", " + rule)
                  .containsExactly(hostME.toFloatArray(), within(3e-4f));
            }
          }
          for (int cls = 50; cls < 50 + classes; cls += 41) {
            String what = "seed " + seed + ", " + rule + ", dense " + dense + ", class " + cls;
            assertThat(here.row(cls)).as(what).containsExactly(host.row(cls), within(1e-5f));
            for (int i = 0; i < rule.states(); i++) {
              float[] wanted = host.state(i, cls);
              assertThat(here.state(i, cls)).as(what).containsExactly(wanted, within(1e-4f));
            }
          }
          // Either goes on with what the other has saved.
          byte[] saved = bytes(here);
          load(saved, host, range);
          assertThat(Arrays.equals(bytes(host), saved)).as("seed " + seed).isTrue();
          here.update(SampledClasses.of(new long[0]), (block, worker) -> null, 1e-3, 5);
          load(saved, here, range);
          assertThat(Arrays.equals(bytes(here), saved)).as("seed " + seed).isTrue();
        }
      }
    }
  }

  private static byte[] bytes(ClassCenters centers) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    centers.saveRows(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  private static void load(byte[] saved, ClassCenters centers, ClassRange range)
      throws IOException {
    RowFlags all = new RowFlags(range.size());
    all.set(centers.initialised());
    centers.loadRows(new DataInputStream(new ByteArrayInputStream(saved)), all);
  }
}
