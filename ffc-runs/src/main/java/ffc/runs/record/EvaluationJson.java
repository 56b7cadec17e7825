package ffc.runs.record;

import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.ScoreHistogram;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
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
      group.shares().forEach((path, share) -> share(owner(node, path).putObject(key(path)), share));
    }
  }

  /** The shares of a line of {@code groups}, by the paths of {@link EvalFigure}. */
  public static Map<String, JsonNode> shares(JsonNode group) {
    Map<String, JsonNode> shares = new LinkedHashMap<>();
    walk("", group, node -> node.has("value"), shares);
    return shares;
  }

  /** Figures by their paths; what follows a dot becomes a key of an object of its own. */
  public static void figures(ObjectNode node, Map<String, Double> figures) {
    figures.forEach((path, value) -> Json.put(owner(node, path), key(path), value));
  }

  /** What {@link #figures(ObjectNode, Map)} has written, by path. */
  public static Map<String, Double> figures(JsonNode node) {
    Map<String, JsonNode> numbers = new LinkedHashMap<>();
    walk("", node, JsonNode::isNumber, numbers);
    Map<String, Double> figures = new LinkedHashMap<>();
    numbers.forEach((path, number) -> figures.put(path, number.asDouble()));
    return figures;
  }

  private static void walk(
      String prefix, JsonNode node, Predicate<JsonNode> wanted, Map<String, JsonNode> into) {
    for (Map.Entry<String, JsonNode> child : node.properties()) {
      if (wanted.test(child.getValue())) {
        into.put(prefix + child.getKey(), child.getValue());
      } else {
        walk(prefix + child.getKey() + ".", child.getValue(), wanted, into);
      }
    }
  }

  private static ObjectNode owner(ObjectNode node, String path) {
    int dot = path.indexOf('.');
    return dot < 0 ? node : node.withObjectProperty(path.substring(0, dot));
  }

  private static String key(String path) {
    return path.substring(path.indexOf('.') + 1);
  }

  /** A share with its interval, by a key of its own. */
  public static void share(ObjectNode owner, String key, IdentityGroup.Share share) {
    share(owner.putObject(key), share);
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
