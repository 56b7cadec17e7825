package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.ThreadsOption;
import ffc.cli.options.Wanted;
import ffc.formats.WholeFile;
import ffc.loaders.data.ImageShape;
import ffc.loaders.image.Fit;
import ffc.loaders.photos.PhotoImport;
import java.nio.file.Files;
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
      "Make a pack of one size, DIR/train.rec, from a folder tree of photographs or an archive of one"
          + " (zip, tar, tar.gz): an identity is a folder that holds pictures, named by its path. Reads JPEG, PNG, WebP, GIF, BMP and"
          + " TIFF, upright and in sRGB. DIR/left-out.tsv names all that is left out and why,"
          + " DIR/duplicates.tsv what is there twice. One that was stopped goes on when it is typed"
          + " again.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data import photos --size 112 --out pack"},
    mixinStandardHelpOptions = true)
final class ImportPhotosCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "SOURCE",
      description = "Folder tree of photographs, or an archive of one; only read")
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

  @Option(
      names = "--landmarks",
      paramLabel = "FILE",
      description =
          "Align faces to the field's template by five points instead of --fit: a line a picture, its"
              + " path below SOURCE and x and y of the left eye, the right eye, the nose, the left and"
              + " the right corner of the mouth; pictures without a line are left out")
  private Path landmarks;

  @Option(
      names = "--open",
      paramLabel = "N",
      description = "Hold N identities out, any with the same chance: DIR/open.rec")
  private Long open;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "With --open: which ones; default ${DEFAULT-VALUE}")
  private long seed;

  @Mixin private ThreadsOption workers;

  @Override
  public Integer call() {
    ImageShape sides =
        ImageSizes.parse("--size", size, PhotoImport.Options.LEAST, PhotoImport.Options.MOST);
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException(
          "--channels: got %d, wanted 3 (colour) or 1 (gray)".formatted(channels));
    }
    if (landmarks != null && !Files.isRegularFile(landmarks)) {
      throw new IllegalArgumentException("--landmarks %s: no such file".formatted(landmarks));
    }
    PhotoImport.Options options =
        new PhotoImport.Options(
            source,
            out.path(),
            new ImageShape(channels, sides.height(), sides.width()),
            fit,
            landmarks,
            open == null ? 0 : Wanted.atLeast("--open", open, 1),
            seed,
            workers.threads());
    String text;
    Thread words = new Thread(() -> tellThatItGoesOn(options), "last-words");
    Runtime.getRuntime().addShutdownHook(words);
    try (WorkProgress progress = new WorkProgress()) {
      PhotoImport.Result result = PhotoImport.run(options, progress);
      Path page = out.path().resolve("report.html");
      WholeFile.create(page, new ImportReport(options, result).html());
      text = result.text() + page + ": images per identity, some pictures\n";
    } finally {
      unhook(words);
    }
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
    return 0;
  }

  /** Said when a signal ends the command, as Ctrl-C does. */
  private static void tellThatItGoesOn(PhotoImport.Options options) {
    if (Files.exists(options.journal())) {
      System.err.println(
          "stopped; the same command goes on where it was (" + options.journal() + ")");
    }
  }

  private static void unhook(Thread words) {
    try {
      Runtime.getRuntime().removeShutdownHook(words);
    } catch (IllegalStateException e) {
      // the words are being said
    }
  }
}
