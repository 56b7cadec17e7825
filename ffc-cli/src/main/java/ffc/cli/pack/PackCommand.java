package ffc.cli.pack;

import ffc.cli.options.OutOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc pack}. */
@Command(
    name = "pack",
    description = {
      "Make a folder that runs on a machine with neither JDK, Maven nor network.",
      "",
      "It holds a Java runtime, the program, experiments and the quick start's images, and no natives"
          + " of PyTorch: it runs beside the PyTorch of that machine (FFC_TORCH), which needs g++.",
      ""
    },
    footer = {"", "Example:", "  ./ffc pack --out my/ffc"},
    mixinStandardHelpOptions = true)
public final class PackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private OutOption.Folder out;

  @Option(names = "--no-data", description = "Leave the quick start's images (12 MB) out")
  private boolean noData;

  @Override
  public Integer call() throws IOException {
    String home = System.getenv("FFC_HOME");
    Path program = Path.of(System.getProperty("java.class.path").split(":")[0]);
    if (home == null || !program.endsWith("ffc-cli.jar")) {
      throw new IllegalArgumentException("pack wants to be started as ./ffc pack in a clone");
    }
    Pack pack = new Pack(Path.of(home), program);
    Pack.requireEmpty(out.path());
    PrintWriter say = spec.commandLine().getOut();
    say.println("packing (half a minute)");
    say.flush();
    long size = pack.write(out.path(), !noData);
    say.printf(
        Locale.ROOT,
        "packed %s: %.0f MB; there: FFC_TORCH=python3 ./ffc doctor%n",
        out.path(),
        size / 1e6);
    return 0;
  }
}
