package ffc.cli.plug;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.cli.Main;
import ffc.eval.EvaluateConfig;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import ffc.runs.experiment.ConfigSchema;
import ffc.runs.plan.ClassCount;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@link ZipSource} and its line of services are all that the program knows of zip files. */
class DataFormatTest {
  private static final String QUICKSTART = "../configs/quickstart.yaml";

  @TempDir Path temp;
  private Path zip;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void packTheQuickStartsOpenSet() throws Exception {
    zip = temp.resolve("open.zip");
    DataConfig.Source pack = new DataConfig.Source("recordio", "../data/quickstart/open.rec");
    try (Dataset data = DataSets.open(pack);
        OutputStream file = Files.newOutputStream(zip);
        ZipOutputStream packed = new ZipOutputStream(file)) {
      for (long image = 0; image < data.firstImage(20); image++) {
        packed.putNextEntry(new ZipEntry(data.identityOf(image) + "/" + image + ".png"));
        packed.write(data.encoded(image).array());
      }
    }
  }

  @Test
  void isToldFromThePathOpenedIndexedVerifiedAndCounted() throws Exception {
    assertThat(run("data", "verify", zip.toString())).as(err.toString()).isZero();
    assertThat(run("data", "stats", zip.toString())).isZero();
    assertThat(out.toString()).contains("20");
    Path index = temp.resolve("index");
    assertThat(run("data", "index", zip.toString(), "--out", index.toString())).isZero();
    try (Dataset whole = DataSets.open(new DataConfig.Source("zip", zip.toString()));
        Dataset indexed = DataSets.open(new DataConfig.Source("index", index.toString()))) {
      assertThat(whole.identities()).isEqualTo(20).isEqualTo(indexed.identities());
      assertThat(indexed.encoded(7)).isEqualTo(whole.encoded(7));
      assertThat(indexed.identityName(3)).isEqualTo(whole.identityName(3));
    }
    Path folders = temp.resolve("folders");
    assertThat(run("data", "unpack", zip.toString(), "--out", folders.toString())).isZero();
    assertThat(folders).isDirectoryContaining(Files::isDirectory);
  }

  @Test
  void isTrainedOnJudgedOnAndPlannedForByAnExperiment() {
    List<String> settings = new ArrayList<>();
    for (String setting :
        List.of(
            "data.train.format=zip",
            "data.train.path=" + zip,
            "evaluate.0.format=zip",
            "evaluate.0.path=" + zip,
            "evaluate.1.path=../data/quickstart/open.bin")) {
      settings.addAll(List.of("--set", setting));
    }
    assertThat(run(with(settings, "config", "check", QUICKSTART))).as(err.toString()).isZero();
    assertThat(run(with(settings, "plan", QUICKSTART))).as(err.toString()).isZero();
    assertThat(ClassCount.of(new DataConfig.Source("zip", zip.toString()))).isEqualTo(20);
    assertThat(ConfigSchema.generate().toString()).contains("\"zip\"");
    assertThat(EvaluateConfig.formats()).contains("zip", "bin").doesNotContain("synthetic");
    CommandLine embed = Main.commandLine().getSubcommands().get("embed");
    assertThat(embed.getUsageMessage()).contains("zip");
  }

  @Test
  void whatTakesAnyFolderOrFileIsAskedLast() throws Exception {
    Path folder = Files.createDirectories(temp.resolve("folder.zip"));

    assertThat(DataFormats.at(folder.toString()).name()).isEqualTo("zip");
    assertThat(DataFormats.at(temp.toString()).name()).isEqualTo("folder");
    assertThat(DataFormats.at("ids=5").name()).isEqualTo("synthetic");
    assertThatThrownBy(() -> DataFormats.at("nowhere"))
        .hasMessage("nowhere: no such file or folder");
    assertThatThrownBy(() -> DataSets.open(new DataConfig.Source("tar", "a.tar")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("format: got \"tar\", wanted one of ")
        .hasMessageContaining(
            "recordio, folder, lmdb, webdataset, parquet, manifest, index, synthetic");
  }

  private static String[] with(List<String> settings, String... command) {
    return Stream.concat(Stream.of(command), settings.stream()).toArray(String[]::new);
  }

  private int run(String... command) {
    CommandLine line = Main.commandLine();
    line.setOut(new PrintWriter(out, true));
    line.setErr(new PrintWriter(err, true));
    return line.execute(command);
  }
}
