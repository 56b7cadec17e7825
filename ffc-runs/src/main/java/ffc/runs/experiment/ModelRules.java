package ffc.runs.experiment;

import ffc.core.net.Architecture;
import ffc.core.net.ModelConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What the settings of section {@code model} must be to each other. */
final class ModelRules {
  /** Settings that vision transformers alone have. */
  private static final List<String> TRANSFORMER =
      List.of("model.patch", "model.heads", "model.dropPath", "model.maskRatio");

  /** Largest factor of a part's rate. */
  private static final int MOST = 1000;

  private final Experiment experiment;
  private final ConfigTree tree;
  private final Rules rules;

  ModelRules(Experiment experiment, ConfigTree tree, Rules rules) {
    this.experiment = experiment;
    this.tree = tree;
    this.rules = rules;
  }

  void check() {
    rules.rule(
        "model.layers",
        () -> {
          ModelConfig model = experiment.model();
          boolean given = !tree.at(Rules.pointer("model.layers")).isMissingNode();
          if (model.backbone().takesStages()) {
            return model.layers() == null
                ? "missing; backbone " + model.backbone() + " needs the blocks of each stage"
                : model.backbone().isTransformer() && model.layers().size() != 1
                    ? "got "
                        + model.layers().size()
                        + " entries, wanted one: backbone "
                        + model.backbone()
                        + " has one stage"
                    : model.widths() != null && model.layers().size() != model.widths().size()
                        ? "got "
                            + model.layers().size()
                            + " stages, wanted as many as model.widths ("
                            + model.widths().size()
                            + ")"
                        : null;
          }
          return given ? presetMistake("model.layers", model.layers()) : null;
        },
        "model.backbone",
        "model.widths");
    rules.rule(
        "model.widths",
        () -> {
          ModelConfig model = experiment.model();
          if (model.backbone().takesStages()) {
            return model.widths() == null
                ? "missing; backbone " + model.backbone() + " needs the channels of each stage"
                : null;
          }
          return tree.at(Rules.pointer("model.widths")).isMissingNode()
              ? null
              : presetMistake("model.widths", model.widths());
        },
        "model.backbone");
    for (String setting : TRANSFORMER) {
      rules.rule(
          setting,
          () ->
              experiment.model().backbone().isTransformer()
                      || tree.at(Rules.pointer(setting)).isMissingNode()
                  ? null
                  : "backbone "
                      + experiment.model().backbone()
                      + " has none; it is a setting of vision transformers, such as vit_s",
          "model.backbone");
    }
    rules.rule(
        "model.heads",
        () -> {
          ModelConfig model = experiment.model();
          return model.backbone().isTransformer()
                  && model.widths() != null
                  && model.widths().get(0) % model.heads() != 0
              ? "got " + model.heads() + ", wanted a divisor of the width " + model.widths().get(0)
              : null;
        },
        "model.backbone",
        "model.layers",
        "model.widths");
    rules.rule(
        "model.dropout",
        () ->
            experiment.model().dropout() > 0 && !experiment.model().backbone().hasDropout()
                ? "got "
                    + experiment.model().dropout()
                    + ", but backbone "
                    + experiment.model().backbone()
                    + " has none; wanted 0"
                : null,
        "model.backbone");
    rules.rule("model.input", this::inputMistake, "model.backbone", "model.widths", "model.layers");
    rules.rule("model.freeze", this::freezeMistake, "model");
    rules.rule(
        "model.freezeUntil",
        () ->
            experiment.model().freezeUntil() != null && experiment.model().freeze().isEmpty()
                ? "does nothing without model.freeze; leave it out, or name the parts"
                : null,
        "model.freeze");
    rules.rule("optimizer.rates", this::ratesMistake, "model");
    rules.rule(
        "optimizer.layerDecay",
        () ->
            experiment.optimizer().layerDecay() != null && !experiment.optimizer().rates().isEmpty()
                ? "got "
                    + experiment.optimizer().layerDecay()
                    + " beside optimizer.rates, which gives the same parts rates; wanted one of the two"
                : null,
        "optimizer.rates");
  }

  private String freezeMistake() {
    ModelConfig model = experiment.model();
    List<String> names = model.freeze();
    List<String> parts = parts();
    String unknown = unknownPart(names, parts);
    if (names.isEmpty() || unknown != null) {
      return unknown;
    }
    for (String name : names) {
      if (names.indexOf(name) != names.lastIndexOf(name)) {
        return "got " + name + " twice";
      }
    }
    return !parts.isEmpty() && parts.stream().allMatch(part -> model.freezes(part, Long.MAX_VALUE))
        ? "got all parts of the network, which would learn nothing; wanted fewer, or"
            + " model.freezeUntil"
        : null;
  }

  private String ratesMistake() {
    Map<String, Double> rates = experiment.optimizer().rates();
    List<String> parts = parts();
    String unknown = unknownPart(rates.keySet(), parts);
    if (unknown != null) {
      return unknown;
    }
    ModelConfig model = experiment.model();
    for (Map.Entry<String, Double> rate : rates.entrySet()) {
      if (!(rate.getValue() > 0 && rate.getValue() <= MOST)) {
        return "got "
            + rate.getValue()
            + " for "
            + rate.getKey()
            + ", wanted a factor above 0 and up to "
            + MOST
            + "; model.freeze: ["
            + rate.getKey()
            + "] keeps a part as it is";
      }
      List<String> covered =
          parts.stream().filter(part -> Architecture.covers(rate.getKey(), part)).toList();
      if (!covered.isEmpty()
          && covered.stream().allMatch(part -> model.freezes(part, Long.MAX_VALUE))) {
        return "got a factor for " + rate.getKey() + ", which model.freeze keeps as it is";
      }
    }
    return null;
  }

  /** Parts of the network; none if the settings give no network, of which other rules tell. */
  private List<String> parts() {
    try {
      return experiment.model().parts();
    } catch (IllegalArgumentException | NullPointerException e) {
      return List.of();
    }
  }

  /** The mistake if one of some names is none of a part of the network. */
  private String unknownPart(Collection<String> names, List<String> parts) {
    if (parts.isEmpty()) {
      return null;
    }
    for (String name : names) {
      if (!parts.contains(name) && !name.equals(Architecture.TRUNK)) {
        return "got \""
            + name
            + "\", wanted parts of backbone "
            + experiment.model().backbone()
            + ": "
            + String.join(", ", parts)
            + ", or "
            + Architecture.TRUNK
            + " for all but the last";
      }
    }
    return null;
  }

  /** A preset may be spelled out, as config.resolved.yaml does, but not changed. */
  private String presetMistake(String path, List<Integer> preset) {
    List<Integer> got = new ArrayList<>();
    tree.at(Rules.pointer(path)).forEach(value -> got.add(value.asInt()));
    return got.equals(preset)
        ? null
        : "backbone "
            + experiment.model().backbone()
            + " fixes it"
            + (preset == null ? "" : " to " + preset)
            + "; wanted backbone "
            + String.join(" or ", ModelConfig.Backbone.withStages())
            + " for stages of your own";
  }

  private String inputMistake() {
    ModelConfig model = experiment.model();
    int channels = model.input().get(0);
    if (channels != 1 && channels != 3) {
      return "got " + channels + " channels, wanted 1 (gray) or 3 (RGB)";
    }
    if (model.backbone().isTransformer()) {
      int side = Math.min(model.input().get(1), model.input().get(2));
      return side >= model.patch()
          ? null
          : "got a side of " + side + ", wanted at least that of model.patch, " + model.patch();
    }
    if (model.backbone().isSquare() && !model.input().get(1).equals(model.input().get(2))) {
      return "got "
          + model.input().get(1)
          + "x"
          + model.input().get(2)
          + ", wanted square images: the last filter of "
          + model.backbone()
          + " is a square of the image's size";
    }
    int stages = model.widths() == null ? 4 : model.widths().size();
    int divisor = 1 << stages;
    for (int side : model.input().subList(1, 3)) {
      if (side % divisor != 0) {
        return "got "
            + model.input().get(1)
            + "x"
            + model.input().get(2)
            + ", wanted height and width divisible by "
            + divisor
            + ": each of the "
            + stages
            + " stages halves the image";
      }
    }
    return null;
  }
}
