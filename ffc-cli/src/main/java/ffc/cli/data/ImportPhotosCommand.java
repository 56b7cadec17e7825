package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.ThreadsOption;
import ffc.loaders.data.ImageShape;
import ffc.loaders.photos.Fit;
import ffc.loaders.photos.PhotoImport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc data import}. */
@Command(
    name = "import",
    description = {
      "Make a pack of one size, DIR/train.rec, from a folder tree of photographs: an identity is a"
          + " folder that holds pictures, named by its path. Reads JPEG, PNG, WebP, GIF, BMP and"
          + " TIFF, upright and in sRGB. DIR/left-out.tsv names all that is left out and why,"
          + " DIR/duplicates.tsv what is there twice.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data import photos --size 112 --out pack"},
    mixinStandardHelpOptions = true)
final class ImportPhotosCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SOURCE", description = "Folder tree of photographs; only read")
  private Path source;

  @Mixin private OutOption.Folder out;

  @Option(
      names = "--size",
      paramLabel = "PIXELS",
      defaultValue = "112",
      description = "Size of all pictures, or HxW (default ${DEFAULT-VALUE})")
  private String size;

  @Option(
      names = "--fit",
      paramLabel = "FIT",
      defaultValue = "crop",
      description =
          "crop: the largest middle part of that shape (default); pad: the whole picture, black"
              + " beside it; stretch: the whole picture, sides scaled differently")
  private Fit fit;

  @Option(
      names = "--channels",
      paramLabel = "N",
      defaultValue = "3",
      description = "3: colour (default); 1: gray")
  private int channels;

  @Mixin private ThreadsOption workers;

  @Override
  public Integer call() {
    ImageShape shape =
        ImageSizes.parse("--size", size, PhotoImport.Options.LEAST, PhotoImport.Options.MOST);
    String text;
    try (WorkProgress progress = new WorkProgress()) {
      text =
          PhotoImport.run(
                  new PhotoImport.Options(
                      source,
                      out.path(),
                      shape.height(),
                      shape.width(),
                      channels,
                      fit,
                      workers.threads()),
                  progress)
              .text();
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
