package ffc.cli;

import ffc.runs.compare.Comparison;
import ffc.runs.compare.ComparisonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** A comparison of two methods, and runs as its cells leave them. */
abstract class ComparisonRuns {
  static final String TEXT =
      """
      name: small
      title: A <small> comparison
      experiment:
        data: {train: {format: synthetic, path: "ids={classes};mean=2"}, idsPerBatch: 8, instancesPerBatch: 8}
        model: {backbone: iresnet, input: [1, 16, 16], layers: [1, 1], widths: [4, 8], embedding: 8}
        optimizer: {learningRate: 0.1}
        evaluate: [{name: open, format: recordio, path: open.rec}]
        run: {steps: 20}
      contenders:
        - {name: FFC, method: {type: ffc, capacity: 50}}
        - {name: "PFC, half", method: {type: partial-fc, sampleRate: 0.5}, set: {run.steps: 30}}
      seeds: [4, 5]
      classes: [100, 2000]
      memory: 1TB
      target: {figure: open.tar_at_far.1e-3, value: 0.5}
      notes: [nothing is real here]
      """;

  static final String TWO_SETS =
      TEXT.replace(
          "classes: [100, 2000]",
          """
          datasets:
            - name: faces
              set: {data.train.path: "ids=900;mean=2", run.steps: 25}
              contenders: {FFC: {method.capacity: 90}}
            - {name: the cars, set: {data.train.path: "ids=98;mean=40"}}
          """);

  @TempDir Path folder;

  Comparison comparison(String text) throws IOException {
    Path file = folder.resolve("small.yaml");
    Files.writeString(file, text);
    return ComparisonReader.read(file);
  }

  /** A run directory as a training leaves it. */
  void fakeRun(Path run, double imagesPerSecond, double anon, double tar) throws IOException {
    Files.createDirectories(run);
    Files.writeString(
        run.resolve("summary.json"),
        """
        {"method":"x","finished":true,"images_per_second":%s,"step_ms":{"p50":12.5,"p99":20},
         "peak_rss_bytes":2000000000,"peak_anon_bytes":%s,"heap_peak_bytes":100000000,
         "eval":{"open":{"tar_at_far":{"1e-3":%s},"rank1":0.9}}}
        """
            .formatted(imagesPerSecond, anon, tar));
    Files.writeString(
        run.resolve("steps.jsonl"),
        """
        {"step":10,"data_wait_share":0.1,"statistics":{"ms_forward":4,"ms_head":1}}
        {"step":20,"data_wait_share":0.3,"statistics":{"ms_forward":6,"ms_head":2}}
        """);
    Files.writeString(
        run.resolve("evaluations.jsonl"),
        """
        {"step":10,"set":"open","figures":{"tar_at_far":{"1e-3":0.4}}}
        {"step":20,"set":"open","figures":{"tar_at_far":{"1e-3":%s}},"groups":[\
        {"name":"all","identities":50,"tar_at_far":{"1e-3":{"value":0.5}},"rank1":{"value":0.9}},\
        {"name":"tail","identities":40,"tar_at_far":{"1e-3":{"value":0.2}},"rank1":{"value":0.3}}]}
        """
            .formatted(tar));
  }
}
