package ffc.runs.report;

import ffc.engine.Closer;
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluationSets;
import ffc.loaders.DataSets;
import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.runs.experiment.Experiment;
import java.util.HashMap;
import java.util.Map;

/** Pictures from the sets of an experiment; a set is opened when first asked for. */
public final class DatasetPictures implements Pictures, AutoCloseable {
  private final Experiment experiment;
  private final ImageShape shape;
  private final Map<String, Dataset> open = new HashMap<>();
  private final Closer closer = new Closer();

  /**
   * @param experiment whose sets are meant; sets of pairs have no pictures
   */
  public DatasetPictures(Experiment experiment) {
    this.experiment = experiment;
    this.shape = experiment.shape();
  }

  @Override
  public byte[] png(String set, long image) {
    String name = EvaluateConfig.setOf(set);
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

  @Override
  public byte[] augmented() {
    DataConfig data = experiment.data();
    if (data.augment().equals(AugmentConfig.NONE)
        && data.augmentationOfSingles().equals(AugmentConfig.NONE)) {
      return null;
    }
    try (Dataset train = DataSets.open(data.train())) {
      return AugmentationSheet.png(train, data, shape, experiment.seed());
    } catch (BadDataException e) {
      return null; // as above
    }
  }

  private Dataset open(String name) {
    for (EvaluateConfig set : experiment.evaluate()) {
      boolean labelled = !set.ofPairs();
      if (set.name().equals(name) && labelled) {
        return closer.add(EvaluationSets.labelled(set));
      }
    }
    return null;
  }

  @Override
  public void close() {
    closer.close();
  }
}
