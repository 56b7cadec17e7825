package ffc.runs.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Broken input of all kinds ends in problems with a place, never in another exception. */
class ConfigFuzzTest {
  private static final byte[] SOUND = ConfigLoaderTest.SOUND.getBytes(StandardCharsets.UTF_8);
  private static final String[] FRAGMENTS = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "#",
    "&a ",
    "*a",
    "!!int ",
    "\"",
    "'",
    "|\n",
    ">",
    "?",
    "%YAML 1.2",
    "---\n",
    "...",
    "\t",
    "null",
    "~",
    "true",
    "-1",
    "1e309",
    ".nan",
    "0x1f",
    "99999999999999999999",
    "\u0000",
    "\ufeff",
    "\\u12",
    "<<: ",
    "type: ffc",
    "evaluate: ",
    "name: ",
    "data: {train: }",
    "method: {type: [ffc]}"
  };
  private static final String[] PATHS = {
    "name",
    "seed",
    "data.train",
    "data.train.format",
    "data.idsPerBatch",
    "model.input.1",
    "model",
    "model.widths",
    "model.freeze",
    "model.freezeUntil",
    "optimizer.rates",
    "optimizer.rates.trunk",
    "optimizer.layerDecay",
    "method",
    "method.type",
    "method.update.type",
    "optimizer.schedule.milestones",
    "optimizer.betas",
    "run.best",
    "run.steps",
    "evaluate",
    "evaluate.0",
    "evaluate.0.at",
    "evaluate.1.name",
    "evaluate.x",
    "run.accumulate",
    "run.checkpointActivations",
    "a.b.c",
    "."
  };
  private static final String[] VALUES = {
    "",
    "null",
    "[]",
    "{}",
    "-1",
    "0",
    "1.5",
    "true",
    "x",
    "[1, 2]",
    "[null]",
    "[[1]]",
    "{a: 1}",
    "9223372036854775808",
    "1e400",
    "'",
    "[",
    "2147483647",
    "iresnet",
    "[trunk]",
    "{stem: 0.1}",
    "r50",
    "multistep",
    "two-row",
    "[end, 99999999999999999999]",
    "ffc",
    "- - - -",
    "\u0000"
  };

  private final ConfigLoader loader = new ConfigLoader();

  @Test
  void mutilatedFilesNeverEscapeAsOtherExceptions() {
    for (int round = 0; round < 1500; round++) {
      long seed = 1000L + round;
      Random random = new Random(seed);
      byte[] yaml = SOUND;
      for (int i = random.nextInt(4); i >= 0; i--) {
        yaml = mutilate(yaml, random);
      }
      check(seed, yaml, List.of());
    }
  }

  @Test
  void arbitraryOverridesNeverEscapeAsOtherExceptions() {
    for (int round = 0; round < 1500; round++) {
      long seed = 9000L + round;
      Random random = new Random(seed);
      List<String> sets = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        sets.add(PATHS[random.nextInt(PATHS.length)] + "=" + VALUES[random.nextInt(VALUES.length)]);
      }
      check(seed, SOUND, sets);
    }
  }

  @Test
  void deepNestingAndHugeFilesAreRefused() {
    check(1, "[".repeat(100_000).getBytes(StandardCharsets.UTF_8), List.of());
    check(2, ("a: " + "{a: ".repeat(5_000)).getBytes(StandardCharsets.UTF_8), List.of());
    check(3, new byte[2 << 20], List.of());
    check(4, ("a".repeat(900_000) + ": 1").getBytes(StandardCharsets.UTF_8), List.of());
  }

  @Test
  void anyPathOrNumberSurvivesTheResolvedForm() {
    String alphabet = "ab/ .:#'\"\\-{}[],&*!|>%@`~?0é字=\t";
    for (int round = 0; round < 300; round++) {
      Random random = new Random(round);
      StringBuilder path = new StringBuilder("p");
      for (int i = random.nextInt(12); i >= 0; i--) {
        path.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      String quoted = "'" + path.toString().replace("'", "''") + "'";
      double rate = Math.exp(random.nextGaussian() * 20);
      Experiment experiment =
          loader.parse(
              "f",
              SOUND,
              List.of("data.train.path=" + quoted, "optimizer.learningRate=" + rate),
              false);

      assertThat(experiment.data().train().text()).as("seed %d", round).isEqualTo(path.toString());
      assertThat(experiment.optimizer().learningRate()).as("seed %d", round).isEqualTo(rate);
      byte[] resolved = ConfigWriter.yaml(experiment).getBytes(StandardCharsets.UTF_8);
      assertThat(loader.parse("r", resolved, List.of(), false))
          .as("seed %d", round)
          .isEqualTo(experiment);
    }
  }

  private void check(long seed, byte[] yaml, List<String> sets) {
    try {
      loader.parse("f.yaml", yaml, sets, true);
    } catch (ConfigException e) {
      assertThat(e.problems()).as("seed %d", seed).isNotEmpty();
      assertThat(e.problems())
          .as("seed %d", seed)
          .allSatisfy(
              problem -> {
                assertThat(problem.place()).matches("(?s)f\\.yaml.*|--set .*");
                assertThat(problem.toString()).doesNotContain("\n").hasSizeLessThan(1000);
              });
    } catch (RuntimeException | StackOverflowError e) {
      fail("seed " + seed + ", " + sets + ":\n" + new String(yaml, StandardCharsets.UTF_8), e);
    }
  }

  private static byte[] mutilate(byte[] yaml, Random random) {
    int at = random.nextInt(yaml.length + 1);
    return switch (random.nextInt(5)) {
      case 0 -> Arrays.copyOf(yaml, at);
      case 1 -> {
        byte[] flipped = yaml.clone();
        if (at < flipped.length) {
          flipped[at] = (byte) random.nextInt(256);
        }
        yield flipped;
      }
      case 2 -> splice(yaml, at, Math.min(yaml.length, at + random.nextInt(30)), new byte[0]);
      default -> {
        String fragment = FRAGMENTS[random.nextInt(FRAGMENTS.length)];
        yield splice(yaml, at, at, fragment.getBytes(StandardCharsets.UTF_8));
      }
    };
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] insert) {
    byte[] result = Arrays.copyOf(bytes, from + insert.length + bytes.length - to);
    System.arraycopy(insert, 0, result, from, insert.length);
    System.arraycopy(bytes, to, result, from + insert.length, bytes.length - to);
    return result;
  }
}
