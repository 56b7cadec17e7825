package ffc.runs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.core.ffc.FfcConfig;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Methods;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class NetworkPlanTest {
  private final Experiment experiment =
      new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(), false);

  @Test
  void linksAreRead() {
    assertThat(NetworkPlan.Link.parse("10Gbit,0.05ms"))
        .isEqualTo(new NetworkPlan.Link(1.25e9, 0.05e-3));
    assertThat(NetworkPlan.Link.parse("100Mbit/s, 20us").bandwidth()).isEqualTo(12.5e6);
    assertThatThrownBy(() -> NetworkPlan.Link.parse("fast"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("10Gbit,0.05ms");
  }

  @Test
  void oneTrainerSendsNothingAndTwoSendWhatTheyMust() {
    NetworkPlan plan = new NetworkPlan(experiment, 1_000_000, new NetworkPlan.Link(1e9, 0), 0.1);
    assertThat(plan.predict(FfcConfig.standard(), 1).sentBytes()).isZero();
    assertThat(plan.predict(FfcConfig.standard(), 1).efficiency()).isEqualTo(1);
    // 96 pairs of 128 values to the other, each trainer's half of the sums
    double features = 2 * 96 * (8 + 4 * 128);
    double gradients = 4e6;
    NetworkPlan.Prediction two = plan.predict(FfcConfig.standard(), 2);
    assertThat(two.sentBytes()).isCloseTo(features + gradients, within(1.0));
    assertThat(two.stepSeconds()).isCloseTo(0.1 + two.sentBytes() / 1e9, within(1e-9));
    assertThat(plan.predict(FfcConfig.standard(), 8).efficiency()).isLessThan(two.efficiency());
    assertThat(plan.predict(PartialFcConfig.ofRate(0.1), 1).sentBytes()).isZero();
    // Identities and features as above; cosine, sum and gradient of 2 x 192 samples, half of each.
    double shards = 2 * 96 * (12 + 4 * 128) + 4.0 * 2 * 192 * (128 + 2);
    assertThat(plan.predict(PartialFcConfig.ofRate(0.1), 2).sentBytes())
        .isCloseTo(shards + gradients, within(1.0));
    assertThat(plan.predict(PartialFcConfig.ofRate(0.1), 8).efficiency()).isLessThan(1);
  }

  @Test
  void aSlowerLinkOrALongerWayTakesLonger() {
    NetworkPlan fast = new NetworkPlan(experiment, 1000, new NetworkPlan.Link(1e9, 1e-5), 0.1);
    NetworkPlan slow = new NetworkPlan(experiment, 1000, new NetworkPlan.Link(1e8, 1e-5), 0.1);
    NetworkPlan far = new NetworkPlan(experiment, 1000, new NetworkPlan.Link(1e9, 1e-3), 0.1);
    assertThat(slow.predict(FfcConfig.standard(), 4).stepSeconds())
        .isGreaterThan(fast.predict(FfcConfig.standard(), 4).stepSeconds());
    assertThat(far.predict(FfcConfig.standard(), 4).stepSeconds())
        .isGreaterThan(fast.predict(FfcConfig.standard(), 4).stepSeconds());
    assertThat(NetworkText.render(fast, Methods.beside(FfcConfig.standard()), 3))
        .contains("\n3 ", "efficiency", "512");
  }
}
