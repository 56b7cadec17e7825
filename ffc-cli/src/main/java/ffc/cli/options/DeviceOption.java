package ffc.cli.options;

import picocli.CommandLine.Option;

/** The option that says where a trained network runs. */
public final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description =
          "cpu, gpu, gpu:N (numbered from 0), or auto: the first GPU if the engine sees one"
              + " (default: ${DEFAULT-VALUE})")
  private String given;

  /** As typed. */
  String given() {
    return given;
  }
}
