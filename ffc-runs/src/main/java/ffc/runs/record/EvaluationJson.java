package ffc.runs.record;

import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.ScoreHistogram;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The parts of an evaluation as JSON; what is absent is left out. */
public final class EvaluationJson {
  private EvaluationJson() {}

  /** {@code roc}: points [false accept rate, true accept rate]. */
  public static void roc(ObjectNode line, List<EvalResult.RocPoint> roc) {
    ArrayNode points = line.putArray("roc");
    roc.forEach(point -> points.addArray().add(point.far()).add(point.tar()));
  }

  /** {@code scores}: low, width, and counts of genuine and impostor pairs by bin. */
  public static void scores(ObjectNode line, ScoreHistogram scores) {
    if (scores == null) {
      return;
    }
    ObjectNode node = line.putObject("scores");
    node.put("low", scores.low());
    node.put("width", scores.width());
    ArrayNode genuine = node.putArray("genuine");
    for (long count : scores.genuine()) {
      genuine.add(count);
    }
    ArrayNode impostor = node.putArray("impostor");
    for (long count : scores.impostor()) {
      impostor.add(count);
    }
  }

  /** {@code cmc}: identification rate at ranks 1, 2, … */
  public static void cmc(ObjectNode line, List<Double> cmc) {
    if (!cmc.isEmpty()) {
      ArrayNode rates = line.putArray("cmc");
      cmc.forEach(rates::add);
    }
  }

  /** {@code groups}: name, identities, and shares with their intervals. */
  public static void groups(ObjectNode line, List<IdentityGroup> groups) {
    if (groups.isEmpty()) {
      return;
    }
    ArrayNode nodes = line.putArray("groups");
    for (IdentityGroup group : groups) {
      ObjectNode node = nodes.addObject();
      node.put("name", group.name());
      node.put("identities", group.identities());
      ObjectNode rates = node.putObject("tar_at_far");
      group.tarAtFar().forEach((far, share) -> share(rates.putObject(far), share));
      if (group.rank1() != null) {
        share(node.putObject("rank1"), group.rank1());
      }
    }
  }

  private static void share(ObjectNode node, IdentityGroup.Share share) {
    node.put("value", share.value());
    node.put("low", share.low());
    node.put("high", share.high());
    node.put("trials", share.trials());
  }

  /** {@code neighbours}: probes with their nearest images. */
  public static void neighbours(ObjectNode line, List<EvalResult.Neighbours> neighbours) {
    ArrayNode nodes = line.putArray("neighbours");
    for (EvalResult.Neighbours n : neighbours) {
      ObjectNode node = nodes.addObject();
      node.put("probe", n.probe());
      node.put("identity", n.probeIdentity());
      ArrayNode found = node.putArray("found");
      for (int i = 0; i < n.images().length; i++) {
        found
            .addObject()
            .put("image", n.images()[i])
            .put("identity", n.identities()[i])
            .put("cosine", n.cosines()[i]);
      }
    }
  }
}
