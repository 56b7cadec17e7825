package ffc.cli.network;

import ffc.eval.cluster.Agreement;
import ffc.eval.cluster.Clustering;
import ffc.loaders.data.Dataset;
import ffc.runs.record.Json;
import ffc.runs.search.ScoreMeaning;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Clusters and their figures for other programs, in full digits. */
final class ClusterJson {
  private ClusterJson() {}

  /**
   * Tells.
   *
   * @param embedded images that were embedded now
   * @param cosine above which clusters were merged
   * @param meaning of scores, or null
   * @param agreement with true identities, or null
   */
  static ObjectNode of(
      String checkpoint,
      String source,
      Dataset data,
      long embedded,
      double cosine,
      ScoreMeaning meaning,
      Clustering found,
      Agreement agreement) {
    ObjectNode json = Json.object();
    json.put("checkpoint", checkpoint);
    json.put("source", source);
    json.put("images", data.images());
    json.put("embedded", embedded);
    json.put("threshold", cosine);
    if (meaning != null) {
      json.put("far_at_most", meaning.farAtMost(cosine));
      ObjectNode from = json.putObject("far_from");
      from.put("set", meaning.set());
      from.put("step", meaning.step());
      from.put("impostor_pairs", meaning.pairs());
    }
    json.put("clusters", found.count());
    json.put("of_one_image", found.count() - found.countOfSize(2));
    if (agreement != null) {
      ObjectNode agrees = json.putObject("agreement");
      agrees.put("identities", agreement.identities());
      scores(agrees.putObject("pairs"), agreement.pairs());
      scores(agrees.putObject("bcubed"), agreement.bcubed());
    }
    ArrayNode members = json.putArray("members");
    for (int cluster = 0; cluster < found.count(); cluster++) {
      ArrayNode images = members.addArray();
      for (int i = found.starts()[cluster]; i < found.starts()[cluster + 1]; i++) {
        int image = found.members()[i];
        images.addObject().put("image", image).put("path", data.describe(image));
      }
    }
    return json;
  }

  private static void scores(ObjectNode json, Agreement.Scores scores) {
    json.put("precision", scores.precision());
    json.put("recall", scores.recall());
    json.put("f1", scores.f1());
  }
}
