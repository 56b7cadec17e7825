package example;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An ONNX model, run by ONNX Runtime. Safe for any number of threads. */
final class OnnxNetwork implements Network {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;

  OnnxNetwork(Path model) throws OrtException {
    session = environment.createSession(model.toString());
  }

  @Override
  public List<float[]> embed(List<Image> images) throws OrtException {
    Image first = images.get(0);
    FloatBuffer batch = FloatBuffer.allocate(images.size() * first.values().length);
    images.forEach(image -> batch.put(image.values()));
    long[] shape = {images.size(), first.channels(), first.height(), first.width()};
    try (OnnxTensor data = OnnxTensor.createTensor(environment, batch.flip(), shape);
        OrtSession.Result result = session.run(Map.of("data", data))) {
      return Arrays.asList((float[][]) result.get("embedding").orElseThrow().getValue());
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
