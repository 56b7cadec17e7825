package ffc.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code ffc data import}, ended by a signal. */
class StoppedImportTest {
  @TempDir Path temp;

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void itSaysThatTheSameCommandGoesOn() throws Exception {
    Path someone = Files.createDirectories(temp.resolve("photos/someone"));
    byte[] picture = Files.readAllBytes(Path.of("../docs/images/report.png"));
    for (int i = 0; i < 300; i++) {
      Files.write(someone.resolve(i + ".png"), picture);
    }
    Path out = Files.createDirectories(temp.resolve("out"));
    try (WatchService watch = out.getFileSystem().newWatchService()) {
      out.register(watch, StandardWatchEventKinds.ENTRY_CREATE);
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "ffc.cli.Main",
                  "data",
                  "import",
                  temp.resolve("photos").toString(),
                  "--threads=1",
                  "--out=" + out)
              .redirectErrorStream(true)
              .start();
      try {
        awaitJournal(watch);
        process.toHandle().destroy(); // SIGTERM, and its output stays open
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isEqualTo(143);
        assertThat(said)
            .contains(
                "stopped; the same command goes on where it was ("
                    + out.resolve("import.part")
                    + ")");
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static void awaitJournal(WatchService watch) throws InterruptedException, IOException {
    while (true) {
      WatchKey key = watch.take();
      for (WatchEvent<?> event : key.pollEvents()) {
        if (event.context().toString().equals("import.part")) {
          return;
        }
      }
      key.reset();
    }
  }
}
