package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.idgroup.DoubleRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Patch;
import ffc.idgroup.Proposal;
import ffc.idgroup.Rows;
import ffc.idgroup.TwoRow;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The two-row group and the double-precision head against the recorded reference: decisions
 * exactly, rows to 1e-9, losses and gradients to the trace's tolerances.
 */
class GoldenTraceTest {
  static List<GoldenTrace> traces() {
    return GoldenTrace.all();
  }

  @ParameterizedTest
  @MethodSource("traces")
  void groupAndLossesFollowTheReferenceCode(GoldenTrace trace) {
    IdGroup group =
        new IdGroup(new TwoRow(), rows(trace.initialRows0()), rows(trace.initialRows1()));
    ReferenceHead head = new ReferenceHead(trace.marginConfig(), 1, trace.hardNegatives(), false);
    for (int i = 0; i < trace.steps().size(); i++) {
      GoldenTrace.Step step = trace.steps().get(i);
      String at = trace + " step " + i;
      Proposal a = group.propose(step.yIds(), rows(unit(step.y())));
      Proposal b = group.propose(step.xIds(), rows(unit(step.x())));
      checkPass(
          at + " pass A",
          trace,
          head,
          group,
          a,
          step.xIds(),
          step.x(),
          step.lossPassA(),
          step.gradX());
      checkPass(
          at + " pass B",
          trace,
          head,
          group,
          b,
          step.yIds(),
          step.y(),
          step.lossPassB(),
          step.gradY());
      group.commit(b);
      checkState(at, group, step);
    }
  }

  private static void checkPass(
      String at,
      GoldenTrace trace,
      ReferenceHead head,
      IdGroup group,
      Proposal proposal,
      long[] ids,
      double[][] probe,
      double wantedLoss,
      double[][] wantedGradient) {
    int[] slots = proposal.slots(ids);
    double loss = 0;
    double[][] gradient = new double[probe.length][trace.dim()];
    for (Patch patch : proposal.heads()) {
      // The reference does not mask empty slots: all columns count.
      ReferenceHead.Result result =
          head.loss(probe, slots, patched(group.row0(), patch), trace.capacity());
      loss += result.loss();
      for (int b = 0; b < probe.length; b++) {
        for (int e = 0; e < trace.dim(); e++) {
          gradient[b][e] += result.gradientBE()[b][e];
        }
      }
    }
    assertThat(loss)
        .as(at)
        .isCloseTo(wantedLoss, within(trace.lossTolerance() * Math.abs(wantedLoss)));
    double largest = 0;
    for (double[] row : wantedGradient) {
      for (double g : row) {
        largest = Math.max(largest, Math.abs(g));
      }
    }
    for (int b = 0; b < probe.length; b++) {
      for (int e = 0; e < trace.dim(); e++) {
        assertThat(gradient[b][e])
            .as("%s gradient of image %d element %d", at, b, e)
            .isCloseTo(wantedGradient[b][e], within(trace.gradientTolerance() * largest));
      }
    }
  }

  private static void checkState(String at, IdGroup group, GoldenTrace.Step step) {
    int[] order = group.slotsMostRecentFirst();
    assertThat(order).as(at).hasSize(step.lruMostRecentFirst().length);
    for (int i = 0; i < order.length; i++) {
      assertThat(new long[] {group.idAt(order[i]), order[i]})
          .as("%s place %d", at, i)
          .isEqualTo(step.lruMostRecentFirst()[i]);
    }
    for (int slot = 0; slot < group.capacity(); slot++) {
      assertThat(group.nextRow(slot)).as("%s slot %d", at, slot).isEqualTo(step.nextRow()[slot]);
    }
    checkRows(at + " rows0", group.row0(), step.rows0());
    checkRows(at + " rows1", group.row1(), step.rows1());
  }

  private static void checkRows(String at, Rows got, double[][] wanted) {
    double[] values = ((DoubleRows) got).values();
    for (int row = 0; row < wanted.length; row++) {
      for (int e = 0; e < got.dim(); e++) {
        assertThat(values[row * got.dim() + e])
            .as("%s row %d", at, row)
            .isCloseTo(wanted[row][e], within(1e-9));
      }
    }
  }

  private static double[][] patched(Rows base, Patch patch) {
    double[][] rows = new double[base.count()][];
    for (int slot = 0; slot < rows.length; slot++) {
      rows[slot] = row(base, slot);
    }
    for (int i = 0; i < patch.slots().length; i++) {
      rows[patch.slots()[i]] = row(patch.rows(), i);
    }
    return rows;
  }

  private static double[] row(Rows rows, int row) {
    DoubleRows one = new DoubleRows(1, rows.dim());
    rows.copyRow(row, one, 0);
    return one.values();
  }

  private static double[][] unit(double[][] raw) {
    double[][] unit = new double[raw.length][];
    for (int i = 0; i < raw.length; i++) {
      double squares = 0;
      for (double v : raw[i]) {
        squares += v * v;
      }
      unit[i] = raw[i].clone();
      for (int e = 0; e < raw[i].length; e++) {
        unit[i][e] /= Math.sqrt(squares);
      }
    }
    return unit;
  }

  private static DoubleRows rows(double[][] values) {
    DoubleRows rows = new DoubleRows(values.length, values[0].length);
    for (int i = 0; i < values.length; i++) {
      System.arraycopy(values[i], 0, rows.values(), i * values[0].length, values[0].length);
    }
    return rows;
  }
}
