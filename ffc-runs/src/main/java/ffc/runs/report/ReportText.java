package ffc.runs.report;

import ffc.eval.FullReport;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.TarAtFar;
import ffc.eval.search.DistractorSearch;
import ffc.loaders.data.Counted;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** The figures of a {@link FullReport} as lines and as JSON. */
public final class ReportText {
  private final StringBuilder out = new StringBuilder();

  public void report(FullReport report) {
    line(
        "  %,d genuine and %,d impostor pairs",
        report.allPairs().genuinePairs(), report.allPairs().impostorPairs());
    for (TarAtFar rate : report.allPairs().tarAtFar()) {
      IdentityGroup.Share share = report.overall().tarAtFar().get(rate.key());
      line(
          "  TAR@FAR=%s %.4f  [%.4f, %.4f]  threshold %.4f, %d impostors above%s",
          rate.key(),
          rate.tar(),
          share.low(),
          share.high(),
          rate.threshold(),
          rate.acceptedImpostors(),
          rate.slack() > 0 ? String.format(Locale.ROOT, ", known to %.1e", rate.slack()) : "");
    }
    if (report.overall().rank1() != null) {
      line(
          "  leave-one-out over %d probes: %s  rank-1 in [%.4f, %.4f]",
          report.identification().probes(),
          ranks(report.identification().rankN()),
          report.overall().rank1().low(),
          report.overall().rank1().high());
    }
    if (report.retrieval() != null && report.retrieval().probes() > 0) {
      line(
          "  retrieval: R-precision %.4f  MAP@R %.4f",
          report.retrieval().rPrecision(), report.retrieval().mapAtR());
    }
    if (report.openSet() != null) {
      List<String> rates = new ArrayList<>();
      report
          .openSet()
          .tpirAtFpir()
          .forEach((fpir, tpir) -> rates.add(format("TPIR@FPIR=%s %.4f", fpir, tpir)));
      line(
          "  open set, %d probes with and %d without a mate: %s",
          report.openSet().mated(), report.openSet().nonMated(), String.join("  ", rates));
    }
    for (IdentityGroup group : report.strata()) {
      List<String> rates = new ArrayList<>();
      group
          .tarAtFar()
          .forEach(
              (far, share) ->
                  rates.add(
                      format(
                          "%s %.4f [%.4f, %.4f]", far, share.value(), share.low(), share.high())));
      line(
          "  %s, %s: TAR %s%s",
          group.name(),
          Counted.of(group.identities(), "identity"),
          String.join("  ", rates),
          group.rank1() == null ? "" : format("  rank-1 %.4f", group.rank1().value()));
    }
  }

  public void distractors(DistractorSearch search) {
    search
        .rankN()
        .forEach((size, ranks) -> line("  among %,d distractors: %s", size, ranks(ranks)));
  }

  public static ObjectNode json(FullReport report) {
    ObjectNode json = Json.object();
    json.put("genuine_pairs", report.allPairs().genuinePairs());
    json.put("impostor_pairs", report.allPairs().impostorPairs());
    ObjectNode rates = json.putObject("tar_at_far");
    ObjectNode detail = json.putObject("thresholds");
    for (TarAtFar rate : report.allPairs().tarAtFar()) {
      rates.put(rate.key(), rate.tar());
      detail
          .putObject(rate.key())
          .put("threshold", rate.threshold())
          .put("accepted_impostors", rate.acceptedImpostors())
          .put("slack", rate.slack());
    }
    if (report.identification() != null) {
      report.identification().rankN().forEach((rank, share) -> json.put("rank" + rank, share));
    }
    if (report.retrieval() != null) {
      Json.put(json, "r_precision", report.retrieval().rPrecision());
      Json.put(json, "map_at_r", report.retrieval().mapAtR());
    }
    if (report.openSet() != null) {
      ObjectNode open = json.putObject("tpir_at_fpir");
      report.openSet().tpirAtFpir().forEach(open::put);
    }
    List<IdentityGroup> groups = new ArrayList<>(List.of(report.overall()));
    groups.addAll(report.strata());
    EvaluationJson.groups(json, groups);
    EvaluationJson.roc(json, report.allPairs().roc());
    EvaluationJson.scores(json, report.allPairs().scores());
    if (report.identification() != null) {
      EvaluationJson.cmc(json, report.identification().cmc());
      EvaluationJson.neighbours(json, report.identification().neighbours());
    }
    return json;
  }

  private static String ranks(Map<Integer, Double> ranks) {
    List<String> shares = new ArrayList<>();
    ranks.forEach((rank, share) -> shares.add(format("rank-%d %.4f", rank, share)));
    return String.join("  ", shares);
  }

  private void line(String format, Object... values) {
    out.append(format(format, values)).append('\n');
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
