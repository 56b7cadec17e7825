package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.table.IdentityTable;
import ffc.loaders.table.SyntheticDataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Sets without stored images, from a description such as {@code
 * ids=100000;mean=3;tail=zipf;seed=1}.
 */
public final class Synthetic {
  /** The format {@code synthetic}: a description, or the folder of a synthetic index. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "synthetic";
    }

    @Override
    public boolean claims(String path) {
      return path.contains("=") && !Files.exists(DataFormats.path(path));
    }

    @Override
    public boolean storesImages() {
      return false;
    }

    @Override
    public List<Path> files(Path part) {
      return part.toString().contains("=") ? List.of() : List.of(part);
    }

    @Override
    public OptionalLong identities(DataConfig.Source set) {
      return isFolder(set) ? OptionalLong.empty() : OptionalLong.of(parse(set.text()).identities());
    }

    @Override
    public Dataset open(DataConfig.Source set, long cacheBytes) {
      return isFolder(set) ? DataFormats.of("index").open(set, 0) : Synthetic.open(set.text());
    }

    private static boolean isFolder(DataConfig.Source set) {
      return Files.isDirectory(DataFormats.path(set.text()));
    }
  }

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
        throw new BadDataException(text + ": unknown " + String.join(", ", fields.keySet()));
      }
      return spec;
    } catch (BadDataException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new BadDataException(text + ": " + e.getMessage(), e);
    }
  }
}
