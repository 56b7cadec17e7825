package example;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Who is it? Names the enrolled identities most similar to an image, by an exported network. */
public final class Identify {
  private static final int BATCH = 64;

  private Identify() {}

  /** Arguments: network, channels of its images, gallery folder, images to identify. */
  public static void main(String[] args) throws Exception {
    if (args.length < 4 || !args[1].matches("[13]") || !Files.isRegularFile(Path.of(args[0]))) {
      System.err.println(
          "wanted: NETWORK.pt|NETWORK.onnx 1|3 GALLERY_FOLDER IMAGE... (1: gray, 3: colour)");
      System.exit(2);
    }
    int channels = Integer.parseInt(args[1]);
    try (Network network = Network.load(Path.of(args[0]));
        Stream<Path> files = Files.walk(Path.of(args[2]))) {
      List<Path> enrolled = files.filter(Files::isRegularFile).toList();
      Map<Path, float[]> gallery = embed(network, channels, enrolled);
      List<Path> queries = List.of(args).subList(3, args.length).stream().map(Path::of).toList();
      Map<Path, float[]> probes = embed(network, channels, queries);
      queries.forEach(
          query -> System.out.println(query + "  " + nearest(gallery, probes.get(query), 5)));
    }
  }

  /** The vectors of images of one size, which run through the network in batches. */
  public static Map<Path, float[]> embed(Network network, int channels, List<Path> files)
      throws Exception {
    Map<Path, float[]> rows = new HashMap<>();
    for (int from = 0; from < files.size(); from += BATCH) {
      List<Path> batch = files.subList(from, Math.min(from + BATCH, files.size()));
      List<Image> images = new ArrayList<>();
      for (Path file : batch) {
        images.add(Image.read(file, channels));
      }
      List<float[]> vectors = network.embed(images);
      for (int i = 0; i < batch.size(); i++) {
        rows.put(batch.get(i), vectors.get(i));
      }
    }
    return rows;
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
}
