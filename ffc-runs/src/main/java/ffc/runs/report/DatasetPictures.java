package ffc.runs.report;

import ffc.engine.Closer;
import ffc.eval.EvaluateConfig;
import ffc.loaders.DataSets;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pictures from the evaluation sets of an experiment; a set is opened when first asked for. */
public final class DatasetPictures implements Pictures, AutoCloseable {
  private final List<EvaluateConfig> sets;
  private final ImageShape shape;
  private final Map<String, Dataset> open = new HashMap<>();
  private final Closer closer = new Closer();

  /**
   * @param sets the evaluation sets; those of pairs have no pictures
   * @param shape of the images
   */
  public DatasetPictures(List<EvaluateConfig> sets, ImageShape shape) {
    this.sets = List.copyOf(sets);
    this.shape = shape;
  }

  @Override
  public byte[] png(String set, long image) {
    String name = set.replaceFirst("@gallery$", "");
    try {
      if (!open.containsKey(name)) {
        open.put(name, open(name));
      }
      Dataset dataset = open.get(name);
      return dataset == null || image >= dataset.images()
          ? null
          : ImagePng.of(dataset, image, shape);
    } catch (BadDataException e) {
      return null; // the set may have moved since the run: a report without pictures is still one
    }
  }

  private Dataset open(String name) {
    for (EvaluateConfig set : sets) {
      boolean labelled = !set.ofPairs();
      if (set.name().equals(name) && labelled) {
        return closer.add(DataSets.open(new DataConfig.Source(set.format(), set.path())));
      }
    }
    return null;
  }

  @Override
  public void close() {
    closer.close();
  }
}
