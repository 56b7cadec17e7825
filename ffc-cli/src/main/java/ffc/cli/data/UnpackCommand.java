package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.loaders.data.Counted;
import ffc.loaders.data.Dataset;
import ffc.loaders.tools.Unpack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc data unpack}. */
@Command(
    name = "unpack",
    description =
        "Write a set as folders id_<label>/<label>_<n>.<ext>, image bytes untouched; the ending is"
            + " that of their format (jpg, png, ...).",
    footer = {"", "Example:", "  ./ffc data unpack data/quickstart/open.rec --out images"},
    mixinStandardHelpOptions = true)
final class UnpackCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Mixin private OutOption.Folder out;

  @Override
  public Integer call() {
    try (Dataset data = source.open();
        WorkProgress progress = new WorkProgress()) {
      long images = Unpack.run(data, out.path(), progress);
      spec.commandLine().getOut().printf("%s: %s%n", out.path(), Counted.of(images, "image"));
    }
    return 0;
  }
}
