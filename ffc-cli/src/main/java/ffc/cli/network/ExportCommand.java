package ffc.cli.network;

import ffc.cli.options.CheckpointOption;
import ffc.cli.options.OutOption;
import ffc.core.export.BackboneScript;
import ffc.core.net.ModelConfig;
import ffc.core.train.TrainedEncoder;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.formats.StateDict;
import ffc.formats.WholeFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc export}. */
@Command(
    name = "export",
    description = {
      "Write the network of a checkpoint for others: .safetensors with the names of InsightFace's"
          + " iresnet (loads with strict checking), or .pt, a TorchScript program from images f32"
          + " [B, channels, height, width] in [-1, 1] to unit embeddings, or .onnx, the same as an ONNX"
          + " model, which is kept only if ONNX Runtime gives our embeddings (docs/export.md).",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  ./ffc export --checkpoint runs/mine --out probe.safetensors",
      "  ./ffc export --checkpoint runs/mine --out probe.onnx --fold"
    },
    mixinStandardHelpOptions = true)
public final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;

  @Mixin private OutOption.File target;
  @Mixin private OnnxOption onnx;

  @Override
  public Integer call() throws IOException {
    Path out = target.path(".safetensors", ".pt", ".onnx");
    boolean toOnnx = out.toString().endsWith(".onnx");
    onnx.check(out, toOnnx);
    ModelConfig model = checkpoint.model();
    Map<String, HostTensor> weights;
    String note = "";
    try (TrainedEncoder encoder = checkpoint.open()) {
      weights = encoder.weights();
      if (toOnnx) {
        note = onnx.write(out, checkpoint, encoder, weights);
      }
    }
    if (out.toString().endsWith(".pt")) {
      writeScript(out, model, weights);
    } else if (!toOnnx) {
      Map<String, String> notes = new LinkedHashMap<>();
      notes.put("format", "pt");
      notes.put("backbone", model.backbone().name());
      notes.put("input", model.input().toString());
      notes.put("net", checkpoint.net().name());
      notes.put("checkpoint", checkpoint.names());
      Safetensors.write(out, StateDict.withCounters(weights), notes);
    }
    long values = weights.values().stream().mapToLong(HostTensor::elements).sum();
    spec.commandLine()
        .getOut()
        .printf(
            "%s: %s%s, %d arrays, %,d values%s%n",
            out,
            checkpoint.net(),
            checkpoint.averaged() > 1 ? ", mean of " + checkpoint.names() : "",
            weights.size(),
            values,
            note);
    return 0;
  }

  private static void writeScript(Path out, ModelConfig model, Map<String, HostTensor> weights)
      throws IOException {
    WholeFile.create(
        out,
        channel -> {
          OutputStream file = new BufferedOutputStream(Channels.newOutputStream(channel));
          BackboneScript.write(model.architecture(), weights, file);
          file.flush();
        });
  }
}
