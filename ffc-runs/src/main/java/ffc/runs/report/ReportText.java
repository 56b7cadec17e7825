package ffc.runs.report;

import ffc.eval.FullReport;
import ffc.eval.GroupRates;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.TarAtFar;
import ffc.eval.search.DistractorSearch;
import ffc.loaders.data.Counted;
import ffc.runs.page.Table;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
    if (report.allPairs().tarAtFar().isEmpty()) {
      line(
          "  too few impostor pairs for a rate%s: FAR=1e-3 wants 1,000",
          report.byGroup() == null ? "" : ", of all and of groups");
    }
    for (TarAtFar rate : report.allPairs().tarAtFar()) {
      IdentityGroup.Share share = report.overall().tarAtFar().get(rate.key());
      line(
          "  %s %.4f  [%.4f, %.4f]  threshold %.4f, %d impostor%s above%s",
          label(EvalFigure.TAR_AT_FAR, rate.key()),
          rate.tar(),
          share.low(),
          share.high(),
          rate.threshold(),
          rate.acceptedImpostors(),
          rate.acceptedImpostors() == 1 ? "" : "s",
          rate.slack() > 0 ? String.format(Locale.ROOT, ", known to %.1e", rate.slack()) : "");
    }
    if (report.overall().rank1() != null) {
      line(
          "  leave-one-out over %d probes: %s  %s in [%.4f, %.4f]",
          report.identification().probes(),
          ranks(report.identification().rankN()),
          label(EvalFigure.RANK, 1),
          report.overall().rank1().low(),
          report.overall().rank1().high());
    }
    if (report.retrieval() != null && report.retrieval().probes() > 0) {
      line(
          "  retrieval: %s %.4f  %s %.4f",
          label(EvalFigure.R_PRECISION, ""),
          report.retrieval().rPrecision(),
          label(EvalFigure.MAP_AT_R, ""),
          report.retrieval().mapAtR());
    }
    if (report.openSet() != null) {
      List<String> rates = new ArrayList<>();
      report
          .openSet()
          .tpirAtFpir()
          .forEach(
              (fpir, tpir) ->
                  rates.add(
                      format(
                          "%s %.4f (FNIR %.4f)",
                          label(EvalFigure.TPIR_AT_FPIR, fpir), tpir, 1 - tpir)));
      line(
          "  open set, %d probes with and %d without a mate: %s",
          report.openSet().mated(),
          report.openSet().nonMated(),
          rates.isEmpty()
              ? "too few for a rate, FPIR=1e-1 wants 10 without"
              : String.join("  ", rates));
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
          group.rank1() == null
              ? ""
              : format("  %s %.4f", label(EvalFigure.RANK, 1), group.rank1().value()));
    }
    if (report.byGroup() != null) {
      groups(report.byGroup(), report.allPairs().tarAtFar());
    }
  }

  /** Each group at each threshold, and how far the groups lie apart. */
  private void groups(GroupRates rates, List<TarAtFar> thresholds) {
    if (rates.without() > 0) {
      line("  %s in no group", Counted.of(rates.without(), "identity"));
    }
    for (TarAtFar at : thresholds) {
      List<List<String>> rows = new ArrayList<>();
      rows.add(
          List.of("  groups at FAR=" + at.key(), "identities", "images", "TAR", "", "FMR", ""));
      for (GroupRates.Group group : rates.groups()) {
        List<String> row =
            new ArrayList<>(
                List.of(
                    "  " + group.figures().name(),
                    format("%,d", group.figures().identities()),
                    format("%,d", group.images())));
        row.addAll(cells("%.4f", group.figures().tarAtFar().get(at.key())));
        row.addAll(cells("%.2e", group.fmr().get(at.key())));
        rows.add(row);
      }
      out.append(new Table(rows).textToTheRight()).append('\n');
      spread("FMR", "%.2e", rates.fmr(at.key()));
      spread("FNMR", "%.4f", rates.fnmr(at.key()));
    }
  }

  private static List<String> cells(String number, IdentityGroup.Share share) {
    return share == null
        ? List.of("-", "")
        : List.of(
            format(number, share.value()),
            format("[" + number + ", " + number + "]", share.low(), share.high()));
  }

  private void spread(String name, String number, GroupRates.Spread spread) {
    if (spread != null) {
      line(
          "  %s: smallest " + number + " (%s), largest " + number + " (%s), ratio %s",
          name,
          spread.least(),
          spread.smallest(),
          spread.most(),
          spread.largest(),
          Double.isInfinite(spread.ratio()) ? "infinite" : format("%.2f", spread.ratio()));
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
    Map<String, Double> figures = new LinkedHashMap<>();
    ObjectNode detail = json.putObject("thresholds");
    for (TarAtFar rate : report.allPairs().tarAtFar()) {
      figures.put(EvalFigure.TAR_AT_FAR.at(rate.key()), rate.tar());
      detail
          .putObject(rate.key())
          .put("threshold", rate.threshold())
          .put("accepted_impostors", rate.acceptedImpostors())
          .put("slack", rate.slack());
    }
    if (report.identification() != null) {
      figures.putAll(ranked(report.identification().rankN()));
    }
    if (report.retrieval() != null) {
      figures.put(EvalFigure.R_PRECISION.path(), report.retrieval().rPrecision());
      figures.put(EvalFigure.MAP_AT_R.path(), report.retrieval().mapAtR());
    }
    if (report.openSet() != null) {
      report
          .openSet()
          .tpirAtFpir()
          .forEach((fpir, tpir) -> figures.put(EvalFigure.TPIR_AT_FPIR.at(fpir), tpir));
      report
          .openSet()
          .tpirAtFpir()
          .forEach((fpir, tpir) -> figures.put(EvalFigure.FNIR_AT_FPIR.at(fpir), 1 - tpir));
    }
    EvaluationJson.figures(json, figures);
    List<IdentityGroup> groups = new ArrayList<>(List.of(report.overall()));
    groups.addAll(report.strata());
    EvaluationJson.groups(json, groups);
    if (report.byGroup() != null) {
      groups(json, report.byGroup(), report.allPairs().tarAtFar());
    }
    EvaluationJson.roc(json, report.allPairs().roc());
    EvaluationJson.scores(json, report.allPairs().scores());
    if (report.identification() != null) {
      EvaluationJson.cmc(json, report.identification().cmc());
      EvaluationJson.neighbours(json, report.identification().neighbours());
    }
    return json;
  }

  private static void groups(ObjectNode json, GroupRates rates, List<TarAtFar> thresholds) {
    ObjectNode all = json.putObject("by_group");
    all.put("identities_in_no_group", rates.without());
    ObjectNode groups = all.putObject("groups");
    for (GroupRates.Group group : rates.groups()) {
      ObjectNode node = groups.putObject(group.figures().name());
      node.put("identities", group.figures().identities());
      node.put("images", group.images());
      ObjectNode tar = node.putObject("tar_at_far");
      group.figures().tarAtFar().forEach((at, share) -> EvaluationJson.share(tar, at, share));
      ObjectNode fmr = node.putObject("fmr_at_far");
      group.fmr().forEach((at, share) -> EvaluationJson.share(fmr, at, share));
    }
    ObjectNode spread = all.putObject("spread");
    for (TarAtFar at : thresholds) {
      ObjectNode node = spread.putObject(at.key());
      spread(node, "fmr", rates.fmr(at.key()));
      spread(node, "fnmr", rates.fnmr(at.key()));
    }
  }

  private static void spread(ObjectNode json, String rate, GroupRates.Spread spread) {
    if (spread != null) {
      ObjectNode node = json.putObject(rate);
      node.put("smallest", spread.least()).put("smallest_group", spread.smallest());
      node.put("largest", spread.most()).put("largest_group", spread.largest());
      if (Double.isFinite(spread.ratio())) {
        node.put("ratio", spread.ratio());
      }
    }
  }

  /** Identification rates by the paths of the table. */
  public static Map<String, Double> ranked(Map<Integer, Double> ranks) {
    Map<String, Double> figures = new LinkedHashMap<>();
    ranks.forEach((rank, share) -> figures.put(EvalFigure.RANK.at(rank), share));
    return figures;
  }

  private static String label(EvalFigure figure, Object at) {
    return EvalFigure.label(figure.at(at));
  }

  private static String ranks(Map<Integer, Double> ranks) {
    List<String> shares = new ArrayList<>();
    ranks.forEach(
        (rank, share) -> shares.add(format("%s %.4f", label(EvalFigure.RANK, rank), share)));
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
