package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.loss.ArcFace;
import ffc.core.loss.GoldenTrace;
import ffc.core.loss.Losses;
import ffc.core.loss.Margin;
import ffc.core.loss.MarginHead;
import ffc.engine.Autograd;
import ffc.idgroup.DoubleRows;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Proposal;
import ffc.idgroup.Rows;
import ffc.idgroup.TwoRow;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The head as training runs it, on the engine and over the engine's matrix, against the recorded
 * reference: in float64 to the trace's tolerances, in float32 to 1e-4 of the largest value.
 */
class FfcHeadGoldenTest {
  static List<GoldenTrace> traces() {
    return GoldenTrace.all();
  }

  @ParameterizedTest
  @MethodSource("traces")
  void agreesInFloat64(GoldenTrace trace) {
    replay(trace, true, trace.lossTolerance(), trace.gradientTolerance());
  }

  @ParameterizedTest
  @MethodSource("traces")
  void agreesInFloat32(GoldenTrace trace) {
    replay(trace, false, 1e-4, 1e-4);
  }

  private static void replay(
      GoldenTrace trace, boolean f64, double lossTolerance, double gradientTolerance) {
    Autograd.off();
    IdGroup group =
        new IdGroup(new TwoRow(), rows(trace.initialRows0(), f64), rows(trace.initialRows1(), f64));
    FfcHead head =
        new FfcHead(
            new MarginHead(margin(trace), trace.scale()),
            new FfcConfig.Fresh(1.0, trace.hardNegatives()),
            false,
            trace.capacity());
    try (NDManager manager = NDManager.newBaseManager();
        GroupMatrix matrix = new GroupMatrix(manager, group.row0())) {
      for (int i = 0; i < trace.steps().size(); i++) {
        GoldenTrace.Step step = trace.steps().get(i);
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Proposal a = group.propose(step.yIds(), rows(unit(step.y()), f64));
          Proposal b = group.propose(step.xIds(), rows(unit(step.x()), f64));
          Pass passA = new Pass(trace + " step " + i + " pass A", lossTolerance, gradientTolerance);
          passA.check(
              head, matrix, a, manager, step.x(), step.xIds(), f64, step.lossPassA(), step.gradX());
          Pass passB = new Pass(trace + " step " + i + " pass B", lossTolerance, gradientTolerance);
          passB.check(
              head, matrix, b, manager, step.y(), step.yIds(), f64, step.lossPassB(), step.gradY());
          matrix.apply(group.commit(b).row0());
        }
      }
    }
  }

  private record Pass(String at, double lossTolerance, double gradientTolerance) {
    void check(
        FfcHead head,
        GroupMatrix matrix,
        Proposal proposal,
        NDManager manager,
        double[][] probe,
        long[] ids,
        boolean f64,
        double wantedLoss,
        double[][] wantedGradient) {
      int dim = probe[0].length;
      NDArray raw =
          manager.create(
              Arrays.stream(probe).flatMapToDouble(Arrays::stream).toArray(),
              new Shape(probe.length, dim));
      if (!f64) {
        raw = raw.toType(DataType.FLOAT32, true);
      }
      NDArray norm = MarginHead.norm(raw);
      NDArray unit = raw.div(norm);
      int[] slots = proposal.slots(ids);
      Losses.Sum losses = new Losses.Sum();
      NDArray unitGradient =
          head.score(unit, null, slots, FfcHead.Counts.of(slots), proposal, matrix, losses);
      assertThat(losses.toLosses().total())
          .as(at)
          .isCloseTo(wantedLoss, within(lossTolerance * Math.max(1, Math.abs(wantedLoss))));
      double[] gradient =
          MarginHead.throughNormalisation(unitGradient, unit, norm)
              .toType(DataType.FLOAT64, true)
              .toDoubleArray();
      double[] wanted = Arrays.stream(wantedGradient).flatMapToDouble(Arrays::stream).toArray();
      double largest = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
      for (int i = 0; i < wanted.length; i++) {
        assertThat(gradient[i])
            .as("%s gradient element %d", at, i)
            .isCloseTo(wanted[i], within(gradientTolerance * Math.max(1, largest)));
      }
    }
  }

  private static Margin margin(GoldenTrace trace) {
    // The traces were recorded without the guard beyond π.
    return trace.loss().equals("Arc")
        ? new ArcFace(trace.margin(), false)
        : Margin.of(trace.marginConfig());
  }

  private static double[][] unit(double[][] raw) {
    return Arrays.stream(raw)
        .map(
            row -> {
              double norm = Math.sqrt(Arrays.stream(row).map(v -> v * v).sum());
              return Arrays.stream(row).map(v -> v / norm).toArray();
            })
        .toArray(double[][]::new);
  }

  private static Rows rows(double[][] values, boolean f64) {
    int dim = values[0].length;
    double[] flat = Arrays.stream(values).flatMapToDouble(Arrays::stream).toArray();
    if (f64) {
      return DoubleRows.of(flat, values.length, dim);
    }
    float[] floats = new float[flat.length];
    for (int i = 0; i < flat.length; i++) {
      floats[i] = (float) flat[i];
    }
    return FloatRows.of(floats, values.length, dim);
  }
}
