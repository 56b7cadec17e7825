package ffc.cli.network;

import ffc.cli.options.CheckpointOption;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.export.OnnxExport;
import ffc.core.export.OnnxFile;
import ffc.core.export.OnnxOptions;
import ffc.core.net.ModelConfig;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EvaluateConfig;
import ffc.formats.HostTensor;
import ffc.runs.record.Json;
import ffc.runs.record.RunDirectory;
import ffc.runs.report.RunFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The options of an export to ONNX. */
final class OnnxOption {
  /** Where pixels become values in [-1, 1]. */
  enum Scaling {
    outside("outside"),
    inGraph("in-graph");

    private final String typed;

    Scaling(String typed) {
      this.typed = typed;
    }

    @Override
    public String toString() {
      return typed;
    }
  }

  /** Numbers of weights and arithmetic. */
  enum Numbers {
    fp32,
    fp16
  }

  /** What comes out. */
  enum Embeddings {
    unit,
    raw
  }

  @Option(
      names = "--fold",
      description = ".onnx: put batch norm into the layers beside it where that changes nothing")
  private boolean fold;

  @Option(
      names = "--normalise",
      paramLabel = "WHERE",
      defaultValue = "outside",
      description =
          ".onnx: ${COMPLETION-CANDIDATES}: whether the network takes (pixel - 127.5) / 127.5 or"
              + " pixels from 0 to 255, which it scales itself (default: ${DEFAULT-VALUE})")
  private Scaling scaling;

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      defaultValue = "fp32",
      description =
          ".onnx: ${COMPLETION-CANDIDATES}, of weights and arithmetic; images and embeddings are f32"
              + " (default: ${DEFAULT-VALUE})")
  private Numbers precision;

  @Option(
      names = "--embeddings",
      paramLabel = "KIND",
      defaultValue = "unit",
      description =
          ".onnx: ${COMPLETION-CANDIDATES}: of length 1, or as the last layer gives them (default:"
              + " ${DEFAULT-VALUE})")
  private Embeddings embeddings;

  private OnnxOptions chosen() {
    return new OnnxOptions(
        fold, precision == Numbers.fp16, scaling == Scaling.inGraph, embeddings == Embeddings.unit);
  }

  /** Refuses choices that another kind of file has no use for. */
  void check(Path out, boolean onnx) {
    if (!onnx && !chosen().equals(new OnnxOptions(false, false, false, true))) {
      throw new IllegalArgumentException(
          "--fold, --normalise, --precision and --embeddings are for --out FILE.onnx, got --out "
              + out);
    }
    if (onnx && !OnnxExport.isPossible()) {
      throw new IllegalArgumentException(
          "--out "
              + out
              + ": a packed program has no ONNX Runtime to check the file by; export from a clone, or"
              + " as .pt or .safetensors");
    }
  }

  /** Writes the file; returns what there is to say about it. */
  String write(
      Path out,
      CheckpointOption checkpoint,
      TrainedEncoder encoder,
      Map<String, HostTensor> weights)
      throws IOException {
    ModelConfig model = checkpoint.model();
    double difference =
        OnnxExport.write(
            out,
            model.architecture(),
            weights,
            encoder.embedder(),
            chosen(),
            metadata(checkpoint, model));
    return String.format(
        "; opset %d, %s; largest difference from ONNX Runtime's embeddings %.1e",
        OnnxFile.OPSET, precision, difference);
  }

  private Map<String, String> metadata(CheckpointOption checkpoint, ModelConfig model)
      throws IOException {
    RunFiles run = RunFiles.read(checkpoint.run());
    Path folder = checkpoint.folder();
    Map<String, String> notes = new LinkedHashMap<>();
    notes.put("experiment", RunDirectory.config(checkpoint.run()).name());
    notes.put("run", checkpoint.run().toAbsolutePath().normalize().getFileName().toString());
    notes.put("checkpoint", checkpoint.names());
    notes.put("net", checkpoint.net().name());
    String commit = run.manifest().path("git_commit").asString("");
    if (!commit.isEmpty()) {
      notes.put("commit", commit);
    }
    notes.put("backbone", model.backbone().name());
    notes.put("input_size", model.shape().width() + "x" + model.shape().height());
    notes.put("colour_order", model.shape().channels() == 1 ? "gray" : "RGB");
    boolean pixels = scaling == Scaling.inGraph;
    notes.put("mean", pixels ? "0" : String.valueOf(OnnxFile.MEAN));
    notes.put("std", pixels ? "1" : String.valueOf(OnnxFile.MEAN));
    notes.put("embedding_size", model.embedding().toString());
    notes.put("embeddings", embeddings.name());
    notes.put("precision", precision.name());
    notes.put("batch_norm", fold ? "folded" : "kept");
    ObjectNode metrics = metrics(run, Checkpoints.step(folder), checkpoint.net());
    if (checkpoint.averaged() == 1 && !metrics.isEmpty()) {
      notes.put("metrics", metrics.toString());
    }
    return notes;
  }

  /** Figures by set, of evaluations of this very network. */
  private static ObjectNode metrics(RunFiles run, OptionalLong step, EvaluateConfig.Net net) {
    ObjectNode metrics = Json.object();
    for (JsonNode line : run.evaluations()) {
      String set = line.path("set").asString("");
      boolean same = net.judged(set);
      if (step.isPresent() && line.path("step").asLong(-1) == step.getAsLong() && same) {
        metrics.set(set, line.path("figures"));
      }
    }
    return metrics;
  }
}
