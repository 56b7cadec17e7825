package example;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.nio.file.Path;
import java.util.List;

/** A TorchScript program, run by DJL with PyTorch. For one thread at a time. */
final class TorchNetwork implements Network, Translator<Image, float[]> {
  private final ZooModel<Image, float[]> model;
  private final Predictor<Image, float[]> predictor;

  TorchNetwork(Path script) throws Exception {
    var criteria = Criteria.builder().setTypes(Image.class, float[].class).optModelPath(script);
    model = criteria.optTranslator(this).build().loadModel();
    predictor = model.newPredictor();
  }

  @Override
  public List<float[]> embed(List<Image> images) throws Exception {
    return predictor.batchPredict(images);
  }

  @Override
  public NDList processInput(TranslatorContext context, Image image) {
    Shape one = new Shape(image.channels(), image.height(), image.width()); // stacked to a batch
    return new NDList(context.getNDManager().create(image.values(), one));
  }

  @Override
  public float[] processOutput(TranslatorContext context, NDList rows) {
    return rows.singletonOrThrow().toFloatArray();
  }

  @Override
  public void close() {
    predictor.close();
    model.close();
  }
}
