package example;

import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Who is it? Names the enrolled identities most similar to an image, by an exported network. */
public record Identify(int channels) implements Translator<Path, float[]> {
  private static final int BATCH = 64;

  /** Arguments: network, channels of its images, gallery folder, images to identify. */
  public static void main(String[] args) throws Exception {
    if (args.length < 4 || !args[1].matches("[13]") || !Files.isRegularFile(Path.of(args[0]))) {
      System.err.println("wanted: NETWORK.pt 1|3 GALLERY_FOLDER IMAGE... (1: gray, 3: colour)");
      System.exit(2);
    }
    try (ZooModel<Path, float[]> network = load(Path.of(args[0]), Integer.parseInt(args[1]));
        Predictor<Path, float[]> embedder = network.newPredictor();
        Stream<Path> files = Files.walk(Path.of(args[2]))) {
      Map<Path, float[]> gallery = embed(embedder, files.filter(Files::isRegularFile).toList());
      List<Path> queries = List.of(args).subList(3, args.length).stream().map(Path::of).toList();
      Map<Path, float[]> probes = embed(embedder, queries);
      queries.forEach(
          query -> System.out.println(query + "  " + nearest(gallery, probes.get(query), 5)));
    }
  }

  /** The vectors of images of one size, which run through the network in batches. */
  public static Map<Path, float[]> embed(Predictor<Path, float[]> embedder, List<Path> images)
      throws TranslateException {
    Map<Path, float[]> rows = new HashMap<>();
    for (int from = 0; from < images.size(); from += BATCH) {
      List<Path> batch = images.subList(from, Math.min(from + BATCH, images.size()));
      List<float[]> vectors = embedder.batchPredict(batch);
      for (int i = 0; i < batch.size(); i++) {
        rows.put(batch.get(i), vectors.get(i));
      }
    }
    return rows;
  }

  /** Loads a TorchScript file as a function from image files to vectors of length 1. */
  public static ZooModel<Path, float[]> load(Path script, int channels) throws Exception {
    var criteria = Criteria.builder().setTypes(Path.class, float[].class).optModelPath(script);
    return criteria.optTranslator(new Identify(channels)).build().loadModel();
  }

  /** The identities (folders of the gallery) with the highest cosines, best first. */
  public static List<Map.Entry<String, Double>> nearest(
      Map<Path, float[]> gallery, float[] probe, int most) {
    Map<String, Double> best = new HashMap<>();
    gallery.forEach(
        (file, row) ->
            best.merge("" + file.getName(file.getNameCount() - 2), cosine(probe, row), Math::max));
    var byCosine = Map.Entry.<String, Double>comparingByValue().reversed();
    return best.entrySet().stream().sorted(byCosine).limit(most).toList();
  }

  private static double cosine(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Override
  public NDList processInput(TranslatorContext context, Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    int width = image.getWidth();
    float[] values = new float[channels * width * image.getHeight()];
    boolean gray = image.getType() == BufferedImage.TYPE_BYTE_GRAY; // getRGB would brighten it
    for (int i = 0; i < values.length; i++) {
      int x = i % width;
      int y = i / width % image.getHeight();
      int shift = 16 - 8 * (i / width / image.getHeight());
      int value = gray ? image.getRaster().getSample(x, y, 0) : image.getRGB(x, y) >> shift & 255;
      values[i] = (value - 127.5f) / 127.5f;
    }
    Shape one = new Shape(channels, image.getHeight(), width); // Translator stacks them to a batch
    return new NDList(context.getNDManager().create(values, one));
  }

  @Override
  public float[] processOutput(TranslatorContext context, NDList rows) {
    return rows.singletonOrThrow().toFloatArray();
  }
}
