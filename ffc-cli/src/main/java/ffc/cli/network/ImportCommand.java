package ffc.cli.network;

import ffc.cli.options.OutOption;
import ffc.cli.options.SetOption;
import ffc.core.train.TrainedEncoder;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import ffc.formats.WeightFile;
import ffc.runs.experiment.ConfigLoader;
import java.nio.file.Path;
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
      "Read the weights of another system, .safetensors or a PyTorch .pth checkpoint (nothing in it"
          + " is executed), check them against an experiment's model, and write them as"
          + " .safetensors in f32 for model.initFrom.",
      ""
    },
    footer = {"", "Example:", "  ./ffc import probe.safetensors --config configs/quickstart.yaml"},
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

  @ArgGroup(exclusive = false)
  private OutOption.File target;

  @Override
  public Integer call() {
    Path out = target == null ? null : target.path(".safetensors");
    WeightFile.Network network =
        config == null
            ? WeightFile.network(file)
            : TrainedEncoder.find(
                new ConfigLoader().load(config, set.settings(), false).model(), file);
    Map<String, HostTensor> weights = network.tensors();
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
    if (out != null) {
      Safetensors.write(out, weights, Map.of("format", "pt"));
      spec.commandLine()
          .getOut()
          .printf("%s: written, %d arrays, %,d values in f32%n", out, weights.size(), values);
    }
    return 0;
  }
}
