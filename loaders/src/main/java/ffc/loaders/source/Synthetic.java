package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Dataset;
import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.SyntheticDataset;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sets without stored images, from a description such as {@code
 * ids=100000;mean=3;tail=zipf;seed=1}.
 */
public final class Synthetic {
  private static final long MOST_ON_HEAP = 20_000_000;

  private Synthetic() {}

  /** Lays a described set out on the heap. */
  public static Dataset open(String text) {
    SyntheticSpec spec = parse(text);
    if (spec.identities() > MOST_ON_HEAP) {
      throw new BadDataException(
          "%s: more than %d identities; write an index first (ffc data synth)"
              .formatted(text, MOST_ON_HEAP));
    }
    long[] first = new long[(int) spec.identities() + 1];
    SyntheticSpec.Counts counts = spec.counts();
    for (int id = 0; id < spec.identities(); id++) {
      first[id + 1] = first[id] + counts.of(id);
    }
    return new SyntheticDataset(text, spec.description(), IdentityTable.of(first), spec.seed());
  }

  /** Parses a description; missing fields take their defaults. */
  public static SyntheticSpec parse(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : text.split("[;,]", -1)) {
      int equals = field.indexOf('=');
      if (equals < 1) {
        throw new BadDataException(
            "%s: no such folder, and no description such as \"ids=1000;mean=3;tail=zipf;seed=1\""
                .formatted(text));
      }
      fields.put(field.substring(0, equals).strip(), field.substring(equals + 1).strip());
    }
    try {
      SyntheticSpec spec =
          new SyntheticSpec(
              Long.parseLong(fields.getOrDefault("ids", "1000")),
              Double.parseDouble(fields.getOrDefault("mean", "3")),
              SyntheticSpec.Tail.valueOf(fields.getOrDefault("tail", "zipf")),
              Long.parseLong(fields.getOrDefault("seed", "1")));
      fields.keySet().removeAll(java.util.Set.of("ids", "mean", "tail", "seed"));
      if (!fields.isEmpty()) {
        throw new BadDataException(text + ": unknown " + fields.keySet());
      }
      return spec;
    } catch (BadDataException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadDataException(text + ": " + e.getMessage(), e);
    }
  }
}
