package ffc.cli.network;

import ffc.cli.options.OutOption;
import ffc.cli.options.SetOption;
import ffc.core.net.layout.WeightLayout;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.formats.WeightFile;
import ffc.runs.experiment.ConfigLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc import}. */
@Command(
    name = "import",
    description = {
      "Read the weights of another system, .safetensors, a PyTorch .pth checkpoint or an .onnx model"
          + " (nothing in them is executed), check them against an experiment's model, and write them as"
          + " .safetensors in f32 for model.initFrom.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  ./ffc import probe.safetensors --list",
      "  ./ffc import probe.safetensors --config configs/quickstart.yaml"
    },
    mixinStandardHelpOptions = true)
public final class ImportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "Weights to read")
  private Path file;

  @Option(
      names = "--config",
      paramLabel = "CONFIG",
      description =
          "Experiment whose model they must fit: every name, under one prefix, and every shape; what"
              + " the file holds besides is left out and listed")
  private Path config;

  @Mixin private SetOption set;

  @Option(
      names = "--list",
      description = "Print name, type and shape of every array, whose names they are and what fits")
  private boolean list;

  @Option(
      names = "--bgr",
      description =
          "The network takes colours in the order BGR, as AdaFace's do: its first filters are turned"
              + " round, so that it takes RGB as all networks here")
  private boolean bgr;

  @ArgGroup(exclusive = false)
  private OutOption.File target;

  @Override
  public Integer call() {
    if (list) {
      if (config != null || !set.settings().isEmpty() || target != null || bgr) {
        throw new IllegalArgumentException(
            "--list only looks: leave --config, --set, --out and --bgr out, or leave --list out to"
                + " import");
      }
      print(WeightFile.read(file));
      return 0;
    }
    if (config == null && !set.settings().isEmpty()) {
      throw new IllegalArgumentException("--set changes an experiment: give --config CONFIG, too");
    }
    Path out = target == null ? null : target.path(".safetensors");
    WeightFile.Network network =
        config == null
            ? WeightFile.network(file)
            : WeightLayout.find(
                new ConfigLoader().load(config, set.settings(), false).model(), file);
    Map<String, HostTensor> weights = new LinkedHashMap<>(network.tensors());
    if (bgr) {
      String first = firstFilters(weights);
      weights.put(first, WeightLayout.otherColours(weights.get(first)));
    }
    String fits =
        (config == null ? "" : ", fits " + config)
            + (network.prefix().isEmpty() ? "" : ", without the prefix " + network.prefix())
            + (network.leftOver().isEmpty()
                ? ""
                : "; left out " + WeightFile.some(network.leftOver()));
    long values = weights.values().stream().mapToLong(HostTensor::elements).sum();
    spec.commandLine()
        .getOut()
        .printf("%s: %d arrays, %,d values%s%n", file, weights.size(), values, fits);
    String folded = WeightLayout.foldedRemark(weights, "");
    if (!folded.isEmpty()) {
      spec.commandLine().getOut().println(file + ": " + folded);
    }
    if (out != null) {
      Safetensors.write(out, weights, Map.of("format", "pt"));
      spec.commandLine()
          .getOut()
          .printf("%s: written, %d arrays, %,d values in f32%n", out, weights.size(), values);
    }
    return 0;
  }

  private String firstFilters(Map<String, HostTensor> weights) {
    return weights.entrySet().stream()
        .filter(array -> array.getValue().shape().length == 4)
        .filter(array -> array.getValue().shape()[1] == 3)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    file + ": --bgr: got no filters of three colours, wanted a network of them"));
  }

  private void print(Map<String, HostTensor> arrays) {
    PrintWriter out = spec.commandLine().getOut();
    arrays.forEach((name, array) -> out.println(name + "  " + array));
    String layout = WeightLayout.describe(arrays);
    out.println(
        file
            + ": "
            + arrays.size()
            + " arrays; "
            + (layout.isEmpty() ? "the names are not known here" : layout));
  }
}
