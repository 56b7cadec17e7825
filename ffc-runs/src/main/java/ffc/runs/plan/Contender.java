package ffc.runs.plan;

import ffc.core.ffc.FfcConfig;
import ffc.core.loss.MarginConfig;
import ffc.core.method.MethodConfig;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.pfc.triplet.TripletConfig;
import ffc.pfc.virtualfc.VirtualFcConfig;
import ffc.runs.experiment.Experiment;
import java.util.ArrayList;
import java.util.List;

/**
 * A method with its settings under the name that tables give it.
 *
 * @param name for example partial-fc 0.1
 */
public record Contender(String name, MethodConfig method) {

  /** The experiment's own method first, then every other one with default settings. */
  static List<Contender> of(Experiment experiment) {
    List<Contender> all = new ArrayList<>();
    all.add(named(experiment.method()));
    for (MethodConfig method : defaults()) {
      Contender contender = named(method);
      if (all.stream().noneMatch(c -> c.name.equals(contender.name))
          && !(method instanceof FfcConfig && experiment.method() instanceof FfcConfig)) {
        all.add(contender);
      }
    }
    return all;
  }

  /** A method under its type, with what tells apart variants of one type. */
  public static Contender named(MethodConfig method) {
    if (method instanceof PartialFcConfig partial) {
      String kind = partial.sampleRate() == 1 ? "full-fc" : "partial-fc " + partial.sampleRate();
      String where = partial.storage() == PartialFcConfig.Storage.mapped ? " mapped" : "";
      return new Contender(kind + where, method);
    }
    return new Contender(method.type(), method);
  }

  private static List<MethodConfig> defaults() {
    MarginConfig margin = MarginConfig.standard();
    return List.of(
        new FfcConfig(null, null, null, null, null, null, margin, null, null, null),
        new PartialFcConfig(null, 0.1, null, null, null, null, null),
        new PartialFcConfig(null, 1.0, null, null, null, null, null),
        new VirtualFcConfig(null, null, null),
        new DynamicClassQueueConfig(null, null, null, null, null),
        new TripletConfig(null, null));
  }
}
