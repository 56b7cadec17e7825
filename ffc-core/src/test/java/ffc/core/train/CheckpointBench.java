package ffc.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointStream;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.core.optim.Optimizer;
import ffc.engine.Autograd;
import ffc.exchange.LocalExchange;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * What a checkpoint of FFC costs on the CPU: a copy of all arrays and of the group out of the
 * engine, the same made into files that go nowhere (serialised and summed), and the checkpoint as
 * it is written (the same, and put on the disk and renamed). Arguments: "quickstart" or "r50",
 * repetitions, and a folder. Run by {@code bench/checkpoint.sh}.
 */
final class CheckpointBench {
  private static final int CHUNK = 64;

  private final Encoder probe;
  private final Optimizer optimizer;
  private final Ffc method;
  private final TrainerContent content;
  private final TrainerState state;

  private CheckpointBench(Encoder probe, Optimizer optimizer, Ffc method, TrainerContent content) {
    this.probe = probe;
    this.optimizer = optimizer;
    this.method = method;
    this.content = content;
    this.state =
        new TrainerState(1, 1, 0, Cursor.START, content.dataset().fingerprint(), Double.NaN, true);
  }

  public static void main(String[] args) throws IOException {
    boolean large = args[0].equals("r50");
    ModelConfig model =
        large
            ? model(List.of(3, 112, 112), List.of(3, 4, 14, 3), List.of(64, 128, 256, 512), 512)
            : model(List.of(1, 32, 32), List.of(1, 1, 1, 1), List.of(16, 32, 64, 128), 128);
    FfcConfig ffc = FfcConfigBuilder.builder().capacity(large ? 30_000 : 400).build();
    Path folder = Path.of(args[2]);
    Trainer.Setup any = TinyRun.setup(ffc, 1, folder, null);
    Autograd.off();
    try (Dataset data =
            DataSets.open(
                new DataConfig.Source("synthetic", "ids=40000;mean=2;tail=constant;seed=1"));
        NDManager manager = NDManager.newBaseManager();
        Encoder probe = Encoder.create(model, manager, 1, Precision.fp32);
        Optimizer optimizer = Optimizer.of(any.optimizer(), probe.parameters(), manager);
        Ffc method =
            new Ffc(
                ffc,
                new MethodContext(
                    probe,
                    model,
                    any.data(),
                    data,
                    any.optimizer(),
                    any.run(),
                    1,
                    new LocalExchange(),
                    () -> 0,
                    new StepProfile()))) {
      fill(method.group(), ffc.capacity(), model.embedding());
      new CheckpointBench(
              probe,
              optimizer,
              method,
              new TrainerContent(probe, null, optimizer, method, data, manager))
          .run(args[0], Integer.parseInt(args[1]), folder);
    }
  }

  private static ModelConfig model(
      List<Integer> input, List<Integer> layers, List<Integer> widths, int embedding) {
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.iresnet)
        .input(input)
        .layers(layers)
        .widths(widths)
        .embedding(embedding)
        .build();
  }

  private static void fill(IdGroup group, int capacity, int embedding) {
    Random random = new Random(1);
    for (int from = 0; from < capacity; from += CHUNK) {
      long[] ids = new long[Math.min(CHUNK, capacity - from)];
      float[] rows = new float[ids.length * embedding];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = from + i;
      }
      for (int i = 0; i < rows.length; i++) {
        rows[i] = (float) random.nextGaussian();
      }
      group.commit(group.propose(ids, FloatRows.of(rows, ids.length, embedding)));
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private void run(String name, int repetitions, Path folder) throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 1);
    List<NDArray> arrays = new ArrayList<>(probe.parameters().all().values());
    arrays.addAll(method.gallery().parameters().all().values());
    arrays.addAll(optimizer.stateList());
    long bytes = arrays.stream().mapToLong(array -> 4 * array.size()).sum();
    ByteBuffer[] host =
        arrays.stream()
            .map(array -> ByteBuffer.allocateDirect((int) (4 * array.size())))
            .toArray(ByteBuffer[]::new);
    FloatRows rows = new FloatRows(method.group().capacity(), probe.embedding());
    double[] copy = new double[repetitions];
    double[] serialise = new double[repetitions];
    double[] write = new double[repetitions];
    for (int i = -1; i < repetitions; i++) { // the first is not counted
      double[] ms = {
        time(() -> copy(arrays, host, rows)),
        time(
            () ->
                CheckpointStream.send(
                    new DataOutputStream(OutputStream.nullOutputStream()),
                    out -> content.save(out, state))),
        time(() -> checkpoints.writeBest(out -> content.save(out, state)))
      };
      if (i >= 0) {
        copy[i] = ms[0];
        serialise[i] = ms[1];
        write[i] = ms[2];
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f MB arrays, %.1f MB on the disk; copy %s, serialise %s, write %s ms%n",
        name,
        bytes / 1e6,
        size(folder) / 1e6,
        figures(copy),
        figures(serialise),
        figures(write));
  }

  private void copy(List<NDArray> arrays, ByteBuffer[] host, FloatRows rows) {
    for (int i = 0; i < host.length; i++) {
      host[i].clear().put(arrays.get(i).toByteBuffer(true));
    }
    for (int slot = 0; slot < rows.count(); slot++) {
      method.group().row0().copyRow(slot, rows, slot);
    }
  }

  private static double time(Work work) throws IOException {
    long begin = System.nanoTime();
    work.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  /** Median, least and most. */
  private static String figures(double[] ms) {
    double[] sorted = ms.clone();
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "%.1f (%.1f-%.1f)",
        sorted[sorted.length / 2],
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static long size(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }
}
