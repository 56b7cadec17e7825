package ffc.runs.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What experiments say of their data: paths of every kind, and whether the set fits the method. */
class DataSettingsTest {
  private final ConfigLoader loader = new ConfigLoader();

  @TempDir Path folder;

  private Experiment load(String train, boolean machine, String... overrides) {
    String yaml =
        ConfigLoaderTest.SOUND
            .replace("{format: recordio, path: train.rec}", train)
            .replaceFirst("(?s)evaluate:.*", "");
    return loader.parse("f.yaml", yaml.getBytes(UTF_8), List.of(overrides), machine);
  }

  @Test
  void pathsAreATextOrAList() {
    Experiment one = load("{format: recordio, path: 'a,b.rec'}", false);
    assertThat(one.data().train().path()).containsExactly("a,b.rec");
    assertThat(ConfigWriter.yaml(one)).contains("path: \"a,b.rec\"\n");
    Experiment two = load("{format: recordio, path: ['a,b.rec', c.rec], labels: compact}", false);
    assertThat(two.data().train().path()).containsExactly("a,b.rec", "c.rec");
    assertThat(two.data().train().labels()).isEqualTo(DataConfig.Labels.compact);
    for (Experiment experiment : List.of(one, two)) {
      byte[] written = ConfigWriter.yaml(experiment).getBytes(UTF_8);
      assertThat(loader.parse("again.yaml", written, List.of(), false)).isEqualTo(experiment);
    }
    Experiment set =
        load("{format: recordio, path: x}", false, "data.train.path=[\"p,q.rec\", r.rec]");
    assertThat(set.data().train().path()).containsExactly("p,q.rec", "r.rec");
    for (String wrong : List.of("[]", "3", "{a: b}", "[3]")) {
      assertThatThrownBy(() -> load("{format: recordio, path: " + wrong + "}", false))
          .as(wrong)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("data.train.path");
    }
    assertThatThrownBy(() -> load("{format: recordio, path: [[a.rec, b.rec]]}", false))
        .isInstanceOf(ConfigException.class)
        .hasMessageEndingWith("data.train.path.0: got a list of 2, wanted text");
  }

  @Test
  void everyFileOfASourceMustBeThere() throws Exception {
    Path environment = Files.createDirectories(folder.resolve("d:b"));
    Path list = folder.resolve("list.txt");
    String both = "{format: lmdb, path: ['" + environment + ":" + list + "']}";
    assertThatThrownBy(() -> load(both, true))
        .hasMessageContaining("data.train.path: no such file or folder: " + list);
    Files.writeString(list, "key 0\n");
    load(both, true);
    assertThatThrownBy(() -> load("{format: recordio, path: 'x.rec,'}", true))
        .hasMessageContaining("data.train.path: data path \"x.rec,\" has an empty part");
  }

  @Test
  void aSetOfOneIdentityTeachesNothing() {
    Experiment experiment = load("{format: synthetic, path: ids=1}", false);
    try (Dataset data = DataSets.open(experiment.data())) {
      assertThatThrownBy(() -> DatasetRules.check(experiment, data, false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("data.train.path: ids=1 has 1 identity, wanted at least 2");
    }
  }

  @Test
  void whatHardlyFitsTheSetIsSaid() {
    Experiment small =
        load("{format: synthetic, path: ids=7}", false, "optimizer.schedule.warmupSteps=100");
    try (Dataset data = DataSets.open(small.data())) {
      assertThat(DatasetRules.check(small, data, false))
          .hasSize(3)
          .anyMatch(line -> line.contains("draws 8 identities a step, the set has 7"))
          .anyMatch(line -> line.contains("capacity is 20, the set has 7"))
          .anyMatch(line -> line.contains("warmupSteps is 100, the run ends at step 100"));
      assertThat(DatasetRules.check(small, data, true))
          .hasSize(2)
          .noneMatch(line -> line.contains("warmupSteps"));
    }
    Experiment fits =
        load("{format: synthetic, path: ids=20}", false, "optimizer.schedule.warmupSteps=99");
    try (Dataset data = DataSets.open(fits.data())) {
      assertThat(DatasetRules.check(fits, data, false)).isEmpty();
    }
  }
}
