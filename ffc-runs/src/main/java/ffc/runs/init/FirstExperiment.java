package ffc.runs.init;

import ffc.core.method.Footprint;
import ffc.loaders.data.Counted;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.Progress;
import ffc.loaders.data.Resize;
import ffc.runs.experiment.ConfigException;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.plan.ByteSize;
import ffc.runs.plan.MemoryPlan;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * An experiment that trains on a set as it is: every choice is made from what the set and the
 * machine are, and the file says why.
 *
 * @param yaml the file
 * @param summary what was seen and chosen, a line each
 */
public record FirstExperiment(String yaml, List<String> summary) {
  private static final int SIDE = 64; // identities and images of a step, on each loader's part
  private static final int PASSES = 20;
  private static final int FEWEST_STEPS = 200;

  /** More would take days without a GPU. */
  private static final int MOST_STEPS_OF_CPU = 20_000;

  private static final int LONG = 5_000;

  /** Up to so many identities each has a slot of its own. */
  private static final int ALL = 2_000;

  /** The slots of the paper, for millions. */
  private static final int MOST_SLOTS = 30_000;

  private static final double SHARE_OF_MEMORY = 0.8;

  /**
   * Chooses.
   *
   * @param name of the experiment
   * @param source the set, as training is to open it
   * @param evaluation a pack of other identities to judge by, or null
   * @throws ffc.loaders.data.BadDataException if the set cannot be trained on
   */
  public static FirstExperiment of(
      String name, DataConfig.Source source, Dataset data, String evaluation, Progress progress) {
    Survey seen = Survey.of(source.text(), data, progress);
    Choice first = new Choice(name, source, evaluation, seen, 1);
    FirstExperiment made = null;
    for (int slices : new int[] {1, 2, 4, 8}) {
      Choice choice = new Choice(name, source, evaluation, seen, slices);
      try {
        made = choice.experiment();
      } catch (ConfigException e) {
        if (slices == 1) {
          throw new IllegalStateException("the file that was made is none: " + e.getMessage(), e);
        }
        break; // the images of a step cannot be cut so
      }
      if (choice.fits()) {
        break;
      }
    }
    return made;
  }

  /** One set of choices. */
  private static final class Choice {
    private final String name;
    private final DataConfig.Source source;
    private final String evaluation;
    private final Survey seen;
    private final int slices;
    private final int ids;
    private final int instances;
    private final long slots;
    private final long steps;
    private final boolean small;

    /** Stages of a residual network, each of which halves the image. */
    private final int stages;

    private final boolean gpu;
    private Footprint predicted;

    Choice(String name, DataConfig.Source source, String evaluation, Survey seen, int slices) {
      this.name = name;
      this.source = source;
      this.evaluation = evaluation;
      this.seen = seen;
      this.slices = slices;
      gpu = seen.gpus() > 0;
      small = seen.small();
      stages = Math.min(4, Integer.numberOfTrailingZeros(seen.height() | seen.width()));
      boolean few = seen.identities() < 16;
      int side = gpu ? 2 * SIDE : SIDE;
      ids = (int) (few ? seen.identities() : Math.min(side, seen.identities() / 4 * 2));
      instances = few ? 0 : ids;
      slots =
          seen.identities() <= ALL
              ? seen.identities()
              : Math.min(MOST_SLOTS, Math.max(ALL, seen.identities() / 5));
      long wanted = (PASSES * seen.images() + perStep() - 1) / perStep();
      long most = gpu ? 1_000_000 : MOST_STEPS_OF_CPU;
      steps = Math.max(FEWEST_STEPS, Math.min(most, (wanted + 99) / 100 * 100));
    }

    private long perStep() {
      return 2L * (ids + instances / 2);
    }

    boolean fits() {
      return predictedBytes() <= SHARE_OF_MEMORY * seen.memory();
    }

    /** Where the networks run. */
    private long predictedBytes() {
      return gpu ? predicted.onDevice() : predicted.total();
    }

    FirstExperiment experiment() {
      String body = body();
      Experiment experiment =
          new ConfigLoader()
              .parse(name + ".yaml", body.getBytes(StandardCharsets.UTF_8), List.of(), true);
      MemoryPlan plan = new MemoryPlan(experiment, 1);
      predicted = plan.predict(experiment.method(), seen.identities());
      String memory =
          "%s of the %s of %s%s"
              .formatted(
                  ByteSize.text(predictedBytes()),
                  ByteSize.text(seen.memory()),
                  gpu ? "the first GPU" : "this machine",
                  fits() ? "" : ": MORE THAN FITS, take smaller images or fewer a step");
      String head =
          "# %s, made by ./ffc init: a first experiment, sensible rather than best.%n"
                  .formatted(name)
              + "# Seen: %s%n# Predicted memory: %s; by part: ./ffc plan on this file%n"
                  .formatted(whatIsThere(), memory);
      return new FirstExperiment(
          head + body,
          List.of(
              whatIsThere(),
              machine(),
              "input    " + input(),
              "network  " + network() + ", " + ByteSize.text(4 * plan.weights()) + " of weights",
              "batch    %d images a step%s"
                  .formatted(perStep(), slices > 1 ? " in " + slices + " slices" : ""),
              "group    %,d slots: %s".formatted(slots, whySlots()),
              "length   %,d steps, %s".formatted(steps, whySteps()),
              "judged   " + whyJudged(),
              "memory   " + memory));
    }

    private String whatIsThere() {
      return String.format(
          Locale.ROOT,
          "%s of %s, %s, %s; %,d identities (%.0f %%) have a single image",
          Counted.of(seen.images(), "image"),
          Counted.of(seen.identities(), "identity"),
          seen.input().seen(),
          seen.gray() ? "gray" : "colour",
          seen.single(),
          100.0 * seen.single() / seen.identities());
    }

    private String machine() {
      return "machine: %d cores, %s, %s"
          .formatted(
              seen.cores(),
              ByteSize.text(seen.memory()) + (gpu ? " on the GPU" : ""),
              gpu ? Counted.of(seen.gpus(), "GPU") : "no GPU that the engine can use");
    }

    private String input() {
      return seen.height()
          + "x"
          + seen.width()
          + (resizes()
              ? ", scaled whenever images are read (data.resize crop); ./ffc data import scales once"
              : ", the images' own");
    }

    private boolean resizes() {
      return seen.input().resize() != Resize.off;
    }

    private String network() {
      if (small) {
        return "iresnet of %d blocks, a small one for small images"
            .formatted(gpu ? 2 * stages : stages);
      }
      return gpu
          ? backbone() + ", the usual one for so many identities"
          : "mobilefacenet, a light one, as there is no GPU";
    }

    private String backbone() {
      return seen.identities() < 20_000 ? "r18" : seen.identities() < 500_000 ? "r50" : "r100";
    }

    private String whySlots() {
      return slots == seen.identities()
          ? "one for each identity"
          : slots == MOST_SLOTS ? "enough for millions" : "a fifth of the identities";
    }

    private String whySteps() {
      double passes = (double) steps * perStep() / seen.images();
      return String.format(
          Locale.ROOT,
          "%.0f times the images%s",
          passes,
          steps == MOST_STEPS_OF_CPU
              ? ", cut as there is no GPU"
              : steps == FEWEST_STEPS ? ", never fewer than " + FEWEST_STEPS + " steps" : "");
    }

    private String whyJudged() {
      return evaluation != null
          ? "on " + evaluation
          : seen.judged()
              ? "at the end on images it has trained on, too kindly; ./ffc data split holds others out"
              : "on nothing: no identity has two images";
    }

    private String model() {
      String input =
          "  input: [%d, %d, %d] # channels, height, width of the images%n"
              .formatted(seen.gray() ? 1 : 3, seen.height(), seen.width());
      if (small) {
        return "  backbone: iresnet # "
            + network().replaceFirst("iresnet", "residual network")
            + "\n"
            + input
            + "  layers: "
            + Collections.nCopies(stages, gpu ? 2 : 1)
            + "\n  widths: "
            + IntStream.range(0, stages).mapToObj(stage -> (gpu ? 32 : 16) << stage).toList()
            + "\n  embedding: "
            + (gpu ? 256 : 128)
            + " # numbers an image becomes\n";
      }
      return (gpu
              ? "  backbone: " + backbone() + " # r18, r34, r50, r100: from small to large\n"
              : "  backbone: mobilefacenet # light; r18, r34, r50: larger and slower\n")
          + input
          + "  embedding: "
          + (gpu ? 512 : 256)
          + " # numbers an image becomes\n";
    }

    private String body() {
      boolean tail = 10 * seen.single() >= 3 * seen.identities();
      boolean lengthy = steps >= LONG;
      int shift = small ? 2 : 4;
      String flip = seen.gray() ? "false" : "true";
      StringBuilder text = new StringBuilder();
      text.append("name: ").append(name).append("\nseed: 1\n\ndata:\n  train:\n    format: ");
      text.append(source.format()).append("\n    path: ").append(paths(source.path()));
      if (resizes()) {
        text.append("  resize: ").append(seen.input().resize());
        text.append(
            " # or pad, stretch: scaled whenever images are read; ./ffc data import once\n");
      }
      text.append("  idsPerBatch: ").append(ids);
      text.append(" # identities a step, each with two images: the rare are seen as often\n");
      text.append("  instancesPerBatch: ").append(instances);
      text.append(" # images a step, drawn from all, each with a partner\n");
      text.append("  instancePartner: true\n");
      text.append("  augment: {flip: ").append(flip).append(", shift: ").append(shift);
      text.append("} # flip: true where a mirrored image shows the same identity\n");
      if (tail) {
        text.append("  augmentSingle: # the only image of an identity is its own partner\n");
        text.append("    {flip: ").append(flip).append(", shift: ").append(shift);
        text.append(", affine: {}, photometric: {}, lowResolution: {}}\n");
      }
      text.append("  workers: ").append(Math.max(1, Math.min(8, seen.cores() / 2)));
      text.append(" # decoding threads\n\nmodel:\n").append(model());
      text.append("\nmethod:\n  type: ffc\n  capacity: ").append(slots);
      text.append(" # slots of the ID group: ").append(whySlots()).append('\n');
      text.append(
          lengthy
              ? "  galleryMomentum: 0.99 # for long runs\n  galleryMomentumSchedule: ramp\n"
              : "  galleryMomentum: 0.9 # for short runs; 0.99 from ten thousand steps on\n");
      text.append("  update: {type: weighted, keep: 0.5}\n");
      text.append("  margin: {type: cosface, margin: 0.4, scale: 32}\n\noptimizer:\n");
      text.append("  type: sgd\n  learningRate: ").append(perStep() < 64 ? "0.02" : "0.1");
      text.append(" # for ").append(perStep()).append(" images a step\n");
      text.append("  momentum: 0.9\n  nesterov: true\n  weightDecay: 1.0e-4\n");
      text.append("  schedule: {type: linear, warmupSteps: ");
      text.append(Math.max(50, Math.min(2000, steps / 10))).append("} # up, then down to 0\n");
      text.append("  clipNorm: 5.0\n\nrun:\n  steps: ").append(steps).append(" # ");
      text.append(whySteps()).append('\n');
      text.append("  precision: ").append(gpu ? "bf16" : "fp32").append('\n');
      if (slices > 1) {
        text.append("  accumulate: ").append(slices);
        text.append(" # slices of a step, as all at once would not fit into memory\n");
      }
      text.append("  reportEvery: ").append(Math.max(10, Math.min(100, steps / 50)));
      text.append("\n  checkpointEvery: ").append(Math.max(50, Math.min(2000, steps / 4)));
      text.append("\n  device: auto # the first GPU if the engine can use one\n");
      return text.append(evaluate()).toString();
    }

    private String evaluate() {
      if (evaluation == null && !seen.judged()) {
        return "";
      }
      return evaluation != null
          ? "\nevaluate: # identities that are not trained on\n  - {name: open, format: recordio, path: "
              + quoted(evaluation)
              + ", at: [end]}\n"
          : "\nevaluate: # trained on: figures are too kind; ./ffc data split holds others out\n"
              + "  - {name: trained-on, format: "
              + source.format()
              + ", path: "
              + quoted(source.text())
              + ", images: 2000, at: [end]}\n";
    }

    private static String paths(List<String> paths) {
      return paths.size() == 1
          ? quoted(paths.get(0)) + "\n"
          : "[" + String.join(", ", paths.stream().map(Choice::quoted).toList()) + "]\n";
    }

    /** A text that YAML reads as it stands; $ would begin a variable. */
    private static String quoted(String text) {
      return text.matches("[A-Za-z0-9_./-]*[A-Za-z_/][A-Za-z0-9_./-]*")
          ? text
          : "'" + text.replace("'", "''") + "'";
    }
  }
}
