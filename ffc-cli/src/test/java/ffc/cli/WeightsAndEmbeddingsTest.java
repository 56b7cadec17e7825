package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import example.Identify;
import example.Network;
import ffc.eval.EmbeddingFile;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.formats.StateDict;
import ffc.runs.record.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

/** Commands about files that travel: embeddings judged, weights exported and imported, cleaning. */
class WeightsAndEmbeddingsTest {
  private static final String QUICKSTART = "../configs/quickstart.yaml";

  @TempDir Path temp;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void embeddingsOfAnySystemAreJudged() throws Exception {
    Path file = clusters("e.npy", 300, 30);
    Path strangers = clusters("d.safetensors", 1200, 1200);
    Path json = temp.resolve("e.json");

    int code =
        run(
            "eval",
            "--embeddings=" + file,
            "--distractors=" + strangers,
            "--training-data=../data/quickstart/train.rec",
            "--json=" + json);

    assertThat(err.toString())
        .startsWith("warning: identities of the training set have numbers for names")
        .hasLineCount(1);
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("300 x 16", "TAR@FAR=1e-3", "leave-one-out over 300 probes", "TPIR@FPIR=1e-1")
        .contains("among 1,000 distractors", "head, ", "middle, ");
    JsonNode figures = Json.parse(Files.readString(json));
    assertThat(figures.path("rank1").asDouble()).isBetween(0.5, 1.0);
    assertThat(figures.path("groups").get(0).path("name").asString()).isEqualTo("all");
    assertThat(figures.path("distractors").path("1000").path("rank10").isNumber()).isTrue();
  }

  @Test
  void pairsOnlyLeavesTheSearchesOut() {
    Path file = clusters("e.npy", 300, 30);
    assertThat(run("eval", "--embeddings=" + file, "--pairs-only")).isZero();
    assertThat(out.toString()).contains("TAR@FAR=1e-3").doesNotContain("leave-one-out", "TPIR");
  }

  @Test
  void templatesArePooledAndJudged() throws Exception {
    Path file = clusters("e.npy", 40, 10);
    StringBuilder images = new StringBuilder();
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      images
          .append("i")
          .append(i)
          .append(".jpg ")
          .append(i / 2)
          .append(' ')
          .append(i % 3)
          .append('\n');
      pairs.append(i / 2).append(' ').append(i % 20).append(' ').append(i % 2).append('\n');
    }
    Path templates = Files.writeString(temp.resolve("tid_mid.txt"), images);
    Path list = Files.writeString(temp.resolve("pairs.txt"), pairs);
    assertThat(
            run(
                "eval",
                "--embeddings=" + file,
                "--templates=" + templates,
                "--template-pairs=" + list))
        .isZero();
    assertThat(out.toString()).contains("normaliseImages=false", "TAR@FAR=1e-4");
  }

  @Test
  void aTrainedNetworkIsExportedImportedAndCleansItsData() throws Exception {
    Path run = temp.resolve("run");
    int trained =
        run(
            "train",
            QUICKSTART,
            "--set=data.train.path=../data/quickstart/train.rec",
            "--set=evaluate=[]",
            "--set=run.steps=2",
            "--out=" + run);
    assertThat(err.toString()).doesNotContain("ffc:");
    assertThat(trained).isZero();

    Path weights = temp.resolve("w.safetensors");
    assertThat(run("export", "--checkpoint=" + run, "--net=gallery", "--out=" + weights)).isZero();
    Map<String, HostTensor> exported = Safetensors.read(weights).tensors();
    assertThat(exported)
        .containsKeys("layer1.0.downsample.1.num_batches_tracked", "features.running_var");

    Path back = temp.resolve("back.safetensors");
    int imported = run("import", weights.toString(), "--config=" + QUICKSTART, "--out=" + back);
    assertThat(imported).isZero();
    assertThat(out.toString()).contains("fits " + QUICKSTART).contains(back + ": written, ");
    assertThat(Safetensors.read(back).tensors()).isEqualTo(StateDict.asF32(exported));

    assertThat(run("export", "--checkpoint=" + run, "--out=" + temp.resolve("w.pt"))).isZero();
    assertThat(temp.resolve("w.pt")).isNotEmptyFile();
    theExampleGivesTheSameEmbeddings(run, temp.resolve("w.pt"));

    anOnnxFileTellsWhereItComesFrom(run);
    foldedWeightsWantFrozenBatchNorm(run);

    String set = "../data/quickstart/open.rec";
    judgesACheckpointByTheFullProtocol(run, set);
    Path clean = temp.resolve("clean");
    List<String> words = new ArrayList<>(List.of("data", "clean", set, "--checkpoint=" + run));
    // Given, as a network of two steps does not separate identities.
    words.addAll(List.of("--link=0.5", "--merge=0.5", "--out=" + clean));
    int cleaned = run(words.toArray(String[]::new));
    assertThat(err.toString()).doesNotContain("ffc:");
    assertThat(cleaned).isZero();
    assertThat(clean.resolve("outliers.tsv")).content().startsWith("image\tidentity\t");
    assertThat(clean.resolve("lookalikes.tsv")).content().startsWith("first\tsecond\t");
    assertThat(clean.resolve("report.html")).content().contains("do not belong", "data:image/png");
    assertThat(clean.resolve("train.rec")).isNotEmptyFile();
  }

  private void foldedWeightsWantFrozenBatchNorm(Path run) {
    Path folded = temp.resolve("folded.onnx");
    assertThat(run("export", "--checkpoint=" + run, "--out=" + folded, "--fold")).isZero();
    String warning =
        "warning: model.initFrom "
            + folded
            + ": batch norm is folded into its filters: train on with model.freezeBatchNorm: true";
    for (boolean frozen : new boolean[] {false, true}) {
      out.getBuffer().setLength(0);
      int trained =
          run(
              "train",
              QUICKSTART,
              "--set=data.train.path=../data/quickstart/train.rec",
              "--set=evaluate=[]",
              "--set=run.steps=1",
              "--set=model.initFrom=" + folded,
              "--set=model.freezeBatchNorm=" + frozen,
              "--out=" + temp.resolve("folded-" + frozen));
      assertThat(trained).as(err.toString()).isZero();
      assertThat(out.toString().contains(warning)).as(out.toString()).isEqualTo(!frozen);
    }
  }

  private void anOnnxFileTellsWhereItComesFrom(Path run) throws Exception {
    Path file = temp.resolve("onnx/probe.onnx");
    out.getBuffer().setLength(0);
    int exported =
        run(
            "export",
            "--checkpoint=" + run,
            "--out=" + file,
            "--fold",
            "--normalise=in-graph",
            "--embeddings=raw");
    assertThat(err.toString()).doesNotContain("ffc:");
    assertThat(exported).isZero();
    assertThat(out.toString())
        .containsPattern(
            "probe.onnx: probe, \\d+ arrays, [\\d,]+ values; opset 11, fp32; largest difference from"
                + " ONNX Runtime's embeddings \\d\\.\\de-0[678]\n");
    assertThat(Files.list(file.getParent())).containsExactly(file);
    try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(file.toString())) {
      assertThat(session.getInputInfo().get("data").getInfo().toString())
          .contains("FLOAT", "shape=[-1, 1, 32, 32]");
      assertThat(session.getOutputInfo().get("embedding").getInfo().toString())
          .contains("shape=[-1, 128]");
      assertThat(session.getMetadata().getCustomMetadata())
          .containsEntry("experiment", "quickstart")
          .containsEntry("run", "run")
          .containsEntry("checkpoint", "step-00000002")
          .containsEntry("input_size", "32x32")
          .containsEntry("colour_order", "gray")
          .containsEntry("mean", "0")
          .containsEntry("embeddings", "raw")
          .containsEntry("batch_norm", "folded")
          .doesNotContainKey("metrics");
    }
    String line = "{\"step\":%d,\"set\":\"%s\",\"figures\":{\"rank1\":%s}}\n";
    Files.writeString(
        run.resolve("evaluations.jsonl"),
        line.formatted(1, "open", 0.1)
            + line.formatted(2, "open", 0.5)
            + line.formatted(2, "open@gallery", 0.7));
    assertThat(run("export", "--checkpoint=" + run, "--net=gallery", "--out=" + file)).isZero();
    try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(file.toString())) {
      assertThat(session.getMetadata().getCustomMetadata())
          .containsEntry("net", "gallery")
          .containsEntry("mean", "127.5")
          .containsEntry("metrics", "{\"open@gallery\":{\"rank1\":0.7}}");
    }
  }

  private void theExampleGivesTheSameEmbeddings(Path run, Path script) throws Exception {
    String set = "../data/quickstart/open.rec";
    Path images = temp.resolve("images");
    assertThat(run("data", "unpack", set, "--out=" + images)).isZero();
    Path npy = temp.resolve("open.npy");
    assertThat(
            run(
                "embed",
                "--checkpoint=" + run,
                "--data=" + set,
                "--format=recordio",
                "--out=" + npy))
        .isZero();
    EmbeddingFile.Raw ours = EmbeddingFile.raw(npy);
    Path folder = images.resolve("id_0");
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.sorted().toList();
    }
    Path model = temp.resolve("example.onnx");
    assertThat(run("export", "--checkpoint=" + run, "--out=" + model, "--fold")).isZero();
    try (Network torch = Network.load(script);
        Network onnx = Network.load(model)) {
      float[] theirs = null;
      for (Network network : List.of(torch, onnx)) {
        theirs = Identify.embed(network, 1, files.subList(0, 1)).get(files.get(0));
        assertThat(theirs).hasSize(ours.dim());
        for (int k = 0; k < theirs.length; k++) {
          assertThat(theirs[k]).isCloseTo(ours.rows()[k], within(1e-5f));
        }
      }
      Map<Path, float[]> gallery = new HashMap<>();
      gallery.put(files.get(0), theirs);
      gallery.put(images.resolve("id_7/x.jpg"), new float[ours.dim()]);
      List<Map.Entry<String, Double>> found = Identify.nearest(gallery, theirs, 5);
      assertThat(found).extracting(Map.Entry::getKey).containsExactly("id_0", "id_7");
      assertThat(found.get(0).getValue()).isCloseTo(1, within(1e-5));
    }
  }

  private void judgesACheckpointByTheFullProtocol(Path run, String set) throws Exception {
    Path json = temp.resolve("eval.json");
    Path page = temp.resolve("eval.html");
    out.getBuffer().setLength(0);

    int code =
        run(
            "eval",
            "--checkpoint=" + run,
            "--data=" + set,
            "--format=recordio",
            "--training-data=" + set,
            "--distractors=../data/quickstart/train.rec",
            "--json=" + json,
            "--report=" + page);

    assertThat(err.toString()).doesNotContain("ffc:");
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("step-", "open.rec: 5630 x 128", "impostor pairs", "TAR@FAR=1e-3", "rank-10")
        .contains("open set", "head, ", "tail, ", "among 10,000 distractors: rank-1");
    assertThat(Files.readString(page))
        .contains("ROC on open-rec", "Scores on", "CMC on", "Accuracy by stratum on", "<rect")
        .doesNotContain("NaN", "http://", "https://");
    JsonNode figures = Json.parse(Files.readString(json));
    assertThat(figures.path("flip").asBoolean(true)).isFalse();
    assertThat(figures.path("cmc")).hasSize(20);
    assertThat(figures.path("groups").get(0).path("identities").asInt()).isEqualTo(501);

    Path templates = temp.resolve("t.txt");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 5630; i++) {
      lines.append("i ").append(i / 2).append(' ').append(i % 2).append('\n');
    }
    Files.writeString(templates, lines);
    Path pairs = Files.writeString(temp.resolve("p.txt"), "0 1 1\n0 2000 0\n");
    out.getBuffer().setLength(0);
    int pooled =
        run(
            "eval",
            "--checkpoint=" + run,
            "--data=" + set,
            "--format=recordio",
            "--templates=" + templates,
            "--template-pairs=" + pairs);
    assertThat(pooled).isZero();
    assertThat(out.toString()).contains("template protocol", "flip: yes", "TAR@FAR=1e-4");

    refused(
        "need labelled images",
        "eval",
        "--checkpoint=" + run,
        "--data=../data/quickstart/open.bin",
        "--format=bin",
        "--training-data=" + set);
  }

  /** A network under AdaFace's names: what it is, and its filters turned round. */
  @Test
  void weightsOfOthersAreListedAndTurnedRound() {
    String file = "../ffc-core/src/test/resources/layouts/ir-net.pt";
    assertThat(run("import", file, "--list")).isZero();
    assertThat(out.toString())
        .contains("net.body.0.res_layer.4.weight  F32[6, 6, 3, 3]")
        .contains("IR networks of AdaFace and CVLface, with the prefix net.")
        .contains("AdaFace's take colours in the order BGR: --bgr");
    Path plain = temp.resolve("plain.safetensors");
    Path turned = temp.resolve("turned.safetensors");
    assertThat(run("import", file, "--out=" + plain)).isZero();
    assertThat(run("import", file, "--bgr", "--out=" + turned)).isZero();
    float[] rgb = Safetensors.read(plain).tensors().get("conv1.weight").toFloats();
    float[] bgr = Safetensors.read(turned).tensors().get("conv1.weight").toFloats();
    assertThat(rgb).hasSize(6 * 3 * 9);
    for (int i = 0; i < rgb.length; i++) {
      int colour = i / 9 % 3;
      assertThat(bgr[i]).isEqualTo(rgb[i + 9 * (2 - 2 * colour)]);
    }
  }

  @Test
  void whatDoesNotFitIsOneLineAndExitCodeTwo() throws Exception {
    Path file = clusters("e.npy", 20, 4);
    Path other = temp.resolve("other.safetensors");
    Safetensors.write(other, Map.of("conv1.weight", HostTensor.of(new float[] {1}, 1)), Map.of());
    refused("needs --checkpoint", "eval");
    refused("got both", "eval", "--embeddings=" + file, "--checkpoint=" + temp);
    refused("none.npy: no such file", "eval", "--embeddings=" + temp.resolve("none.npy"));
    refused("wanted integers", "eval", "--embeddings=" + file, "--labels=" + file);
    refused("belong together", "eval", "--embeddings=" + file, "--templates=" + file);
    refused("other.safetensors", "import", other.toString(), "--config=" + QUICKSTART);
    refused("none.pth: no such file", "import", temp.resolve("none.pth").toString());
    refused("is a folder, wanted weights", "import", temp.toString(), "--list");
    refused(".safetensors", "import", other.toString(), "--out=x.bin");
    refused("--list only looks", "import", other.toString(), "--list", "--bgr");
    refused("--list only looks", "import", other.toString(), "--list", "--config=" + QUICKSTART);
    refused("--list only looks", "import", other.toString(), "--list", "--set=run.steps=3");
    refused("--set changes an experiment", "import", other.toString(), "--set=run.steps=3");
    refused("got no filters of three colours", "import", other.toString(), "--bgr");
    refused("wanted a name that ends in", "export", "--checkpoint=" + temp, "--out=x.bin");
    refused("are for --out FILE.onnx", "export", "--checkpoint=" + temp, "--out=x.pt", "--fold");
    refused("outside or in-graph", "export", "--out=x.onnx", "--normalise=inside");
  }

  private void refused(String message, String... command) {
    err.getBuffer().setLength(0);
    assertThat(run(command)).as(message).isEqualTo(2);
    assertThat(err.toString().lines()).as(message).hasSize(1);
    assertThat(err.toString()).contains(message);
  }

  private Path clusters(String name, int images, int identities) {
    Random random = new Random(4);
    float[] rows = new float[images * 16];
    long[] labels = new long[images];
    for (int i = 0; i < images; i++) {
      labels[i] = i % identities;
      Random centre = new Random(labels[i]);
      for (int k = 0; k < 16; k++) {
        rows[i * 16 + k] = (float) (centre.nextGaussian() + 0.6 * random.nextGaussian());
      }
    }
    Path file = temp.resolve(name);
    EmbeddingFile.write(file, rows, 16, labels, Map.of());
    return file;
  }

  private int run(String... arguments) {
    CommandLine commands = Main.commandLine();
    commands.setOut(new PrintWriter(out, true));
    commands.setErr(new PrintWriter(err, true));
    return commands.execute(arguments);
  }
}
